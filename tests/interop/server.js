// A collector made with @grpc/grpc-js, for tests of our client. What it does is chosen by the agent_id of the Hello.
// node server.js [refuse|serve] [PORT]. Prints its port, and then one line for each call that ends.
'use strict';
const { grpc, Ingest } = require('./ingest');

function serve(call) {
  let batches = 0;
  call.on('data', (frame) => {
    if (frame.hello) {
      greet(call, frame.hello);
    } else if (frame.batch) {
      batches++;
      call.write({ ack: { upto_seq: frame.batch.first_seq + frame.batch.records.length - 1 } });
    }
  });
  call.on('cancelled', () => console.log('cancelled'));
  call.on('end', () => setImmediate(() => {
    if (call.cancelled) {
      return;
    }
    console.log(`ended after ${batches} batches`);
    call.end();
  }));
}

function greet(call, hello) {
  const [scenario, argument] = hello.agent_id.split(':');
  switch (scenario) {
    case 'fail': {
      // fail:CODE — after a first message
      call.write({ welcome: { resume_seq: 1 } });
      call.emit('error', { code: Number(argument), details: 'zu viel: 100% für\nheute' });
      break;
    }
    case 'silent':
      break;
    case 'big':
      call.write({ nack: { seq: 1, detail: 'x'.repeat(Number(argument)) } });
      break;
    case 'many':
      for (let i = 1; i <= Number(argument); i++) {
        call.write({ ack: { upto_seq: i } });
      }
      break;
    default:
      call.write({ welcome: { resume_seq: hello.first_seq, max_inflight_bytes: 1000000 } });
  }
}

function refuse(call) {
  call.emit('error', { code: grpc.status.UNAUTHENTICATED, details: 'who are you?' });
}

const server = new grpc.Server();
server.addService(Ingest.service, { Stream: process.argv[2] === 'refuse' ? refuse : serve });
server.bindAsync(`127.0.0.1:${process.argv[3] || 0}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(port);
});
