// The service as @grpc/grpc-js sees it, from the same .proto files.
'use strict';
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync('tallyman/v1/ingest.proto', {
  includeDirs: [path.join(__dirname, '../../proto')],
  longs: Number,
  oneofs: true,
  keepCase: true,
});

module.exports = { grpc, Ingest: grpc.loadPackageDefinition(definition).tallyman.v1.Ingest };
