// OTLP by the official definitions, which @opentelemetry/otlp-transformer carries compiled, for tests of what we write.
//   node otlp.js decode            stdin: OTLP/JSON, a request a line; stdout: what is left of each after a trip through the wire
//   node otlp.js serve ANSWER…     a LogsService. Prints its port and then each request; gives these answers, then OK for ever:
//                                  ok, partial:REJECTED, CODE, CODE:RETRY_SECONDS
'use strict';
const readline = require('readline');
const grpc = require('@grpc/grpc-js');
const protobuf = require('protobufjs');
const { opentelemetry } = require('@opentelemetry/otlp-transformer/build/src/generated/root');

const { ExportLogsServiceRequest, ExportLogsServiceResponse } = opentelemetry.proto.collector.logs.v1;
const asWritten = { longs: String, enums: Number, bytes: String };

const rpc = protobuf.parse(`syntax = "proto3"; package google.rpc;
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Any { string type_url = 1; bytes value = 2; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }`, { keepCase: true }).root;

function decode() {
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const bytes = ExportLogsServiceRequest.encode(ExportLogsServiceRequest.fromObject(JSON.parse(line))).finish();
    console.log(JSON.stringify(ExportLogsServiceRequest.toObject(ExportLogsServiceRequest.decode(bytes), asWritten)));
  });
}

function retryInfo(code, seconds) {
  const value = rpc.lookupType('google.rpc.RetryInfo').encode({ retry_delay: { seconds } }).finish();
  const status = { code, details: [{ type_url: 'type.googleapis.com/google.rpc.RetryInfo', value }] };
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', rpc.lookupType('google.rpc.Status').encode(status).finish());
  return metadata;
}

function serve(answers) {
  const service = {
    Export: {
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: (request) => Buffer.from(ExportLogsServiceRequest.encode(request).finish()),
      requestDeserialize: (bytes) => ExportLogsServiceRequest.decode(bytes),
      responseSerialize: (response) => Buffer.from(ExportLogsServiceResponse.encode(response).finish()),
      responseDeserialize: (bytes) => ExportLogsServiceResponse.decode(bytes),
    },
  };
  const server = new grpc.Server();
  server.addService(service, {
    Export: (call, callback) => {
      const authorization = call.metadata.get('authorization')[0];
      console.log(JSON.stringify({ authorization, request: ExportLogsServiceRequest.toObject(call.request, asWritten) }));
      const [answer, argument] = (answers.shift() || 'ok').split(':');
      if (answer === 'ok') {
        callback(null, {});
      } else if (answer === 'partial') {
        callback(null, { partialSuccess: { rejectedLogRecords: Number(argument), errorMessage: 'too old' } });
      } else {
        const metadata = argument ? retryInfo(Number(answer), Number(argument)) : undefined;
        callback({ code: Number(answer), details: 'not now', metadata });
      }
    },
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      throw error;
    }
    console.log(port);
  });
}

const [mode, ...answers] = process.argv.slice(2);
if (mode === 'decode') {
  decode();
} else {
  serve(answers);
}
