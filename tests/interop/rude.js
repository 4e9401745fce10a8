// A collector that does what none does: for tests of what our client lets it do to records.
// node rude.js WAY [PORT]. Prints its port, and then one line for each call or connection that comes.
'use strict';
const http2 = require('http2');
const net = require('net');
const { grpc, Ingest } = require('./ingest');

const welcome = { welcome: { resume_seq: 1, max_inflight_bytes: 1000000 } };
const last = (batch) => batch.first_seq + batch.records.length - 1;

// What is done with a call that greets, and with each batch of it; sequences are those of the agent.
const calls = {
  'acknowledges what is older': { batch: (call) => call.write({ ack: { upto_seq: 0 } }) },
  'acknowledges what was never sent': { batch: (call, batch) => call.write({ ack: { upto_seq: last(batch) + 1000 } }) },
  'refuses what was never sent': { batch: (call, batch) => call.write({ nack: { seq: last(batch) + 1000, detail: 'no' } }) },
  'acknowledges before it greets': { hello: (call) => call.write({ ack: { upto_seq: 3 } }) },
  'ends the stream at once': { hello: (call) => call.end() },
  'ends the stream after a batch': { batch: (call) => call.end() },
  'sends away at once': { hello: (call) => { call.write(welcome); call.write({ go_away: { reason: 'go', reconnect_after_milliseconds: 1 } }); } },
  'sends empty frames': { batch: (call) => { for (let i = 0; i < 1000; i++) call.write({}); call.end(); } },
  'greets twice': { batch: (call) => { call.write({ welcome: { resume_seq: 1000 } }); call.end(); } },
  'never answers': {},
};

// What is answered with bytes: after the header of a gRPC answer, or without HTTP.
const streams = {
  'announces 100 MB': (stream) => { stream.write(Buffer.from([0, 6, 64, 0, 0])); stream.end(Buffer.alloc(1 << 20)); },
  'sends 100 MB': (stream) => { stream.write(Buffer.from([0, 6, 64, 0, 0])); stream.on('error', () => {}); stream.end(Buffer.alloc(100 << 20)); },
  'sends garbage': (stream) => stream.end(require('crypto').randomBytes(4096)),
  'sends a frame of garbage': (stream) => stream.end(Buffer.concat([Buffer.from([0, 0, 0, 1, 0]), require('crypto').randomBytes(256)])),
  'stops in the middle of a frame': (stream) => { stream.write(Buffer.from([0, 0, 0, 1, 0, 1, 2])); setTimeout(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 10); },
};
const connections = {
  'sends garbage without HTTP': (socket) => socket.end(require('crypto').randomBytes(4096)),
  'resets the connection': (socket) => socket.resetAndDestroy(),
};

const [way, port = 0] = [process.argv[2], Number(process.argv[3] || 0)];
const listening = (at) => console.log(at);
const ignore = () => {};

if (calls[way]) {
  const server = new grpc.Server();
  server.addService(Ingest.service, {
    Stream: (call) => call.on('data', (frame) => {
      if (frame.hello) {
        console.log('call');
        (calls[way].hello || (calls[way].batch ? () => call.write(welcome) : ignore))(call);
      } else if (frame.batch && calls[way].batch) {
        calls[way].batch(call, frame.batch);
      }
    }).on('error', ignore),
  });
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, at) => listening(at));
} else if (streams[way]) {
  const server = http2.createServer();
  server.on('sessionError', ignore);
  server.on('stream', (stream) => {
    console.log('call');
    stream.on('error', ignore);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    streams[way](stream);
  });
  server.listen(port, '127.0.0.1', () => listening(server.address().port));
} else {
  const server = net.createServer((socket) => {
    console.log('call');
    socket.on('error', ignore);
    connections[way](socket);
  });
  server.listen(port, '127.0.0.1', () => listening(server.address().port));
}
