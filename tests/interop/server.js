// A collector made with @grpc/grpc-js, for tests of our client. What it does is chosen by the agent_id of the Hello.
// node server.js [refuse|serve] [PORT]. Prints its port, and then one line for each call that ends.
'use strict';
const { grpc, Ingest } = require('./ingest');

// What is stored, by epoch: the next sequence, as a collector would remember it.
const next = new Map();

function serve(call) {
  let batches = 0;
  let store = null;
  call.on('data', (frame) => {
    if (frame.hello) {
      greet(call, frame.hello);
      store = stores[frame.hello.agent_id.split(':')[0]]?.(call, frame.hello, frame.hello.agent_id.split(':')[1]);
    } else if (frame.batch && store) {
      store(frame.batch);
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
    if (!store) {
      console.log(`ended after ${batches} batches`);
    }
    call.end();
  }));
}

// Collectors that remember. Each prints what it stores: FIRST KIND KIND …
const stores = {
  store: (call, hello) => remember(call, hello, 0),
  knows: (call, hello, count) => remember(call, hello, next.size === 0 ? Number(count) : 0),
  // stores, refuses one record, wants to be left after the first batch, acknowledges when there are so many batches
  refuses: (call, hello, sequence) => remember(call, hello, 0, { refuse: Number(sequence) }),
  leaves: (call, hello) => remember(call, hello, 0, { leave: true }),
  lazy: (call, hello, batches) => remember(call, hello, 0, { after: Number(batches) }),
  // acknowledges each batch so many milliseconds after it came
  slow: (call, hello, milliseconds) => remember(call, hello, 0, { delay: Number(milliseconds) }),
};

function remember(call, hello, known, { refuse = 0, leave = false, after = 1, delay = 0 } = {}) {
  if (!next.has(hello.epoch)) {
    next.set(hello.epoch, known + 1);
  }
  let batches = 0;
  call.write({ welcome: { resume_seq: next.get(hello.epoch), max_inflight_bytes: 1000000 } });
  return (batch) => {
    const expected = next.get(hello.epoch);
    if (batch.first_seq !== expected && !(batch.first_seq > expected && batch.records[0].gap)) {
      call.emit('error', { code: grpc.status.FAILED_PRECONDITION, details: `expected ${expected}, not ${batch.first_seq}` });
      return;
    }
    console.log(batch.first_seq, ...batch.records.map((record) => record.gap?.reason || record.record));
    next.set(hello.epoch, batch.first_seq + batch.records.length);
    if (refuse >= batch.first_seq && refuse < next.get(hello.epoch)) {
      call.write({ nack: { seq: refuse, detail: 'refused' } });
    }
    if (++batches >= after) {
      const ack = { ack: { upto_seq: next.get(hello.epoch) - 1 } };
      setTimeout(() => call.write(ack), delay);
    }
    if (leave) {
      call.write({ go_away: { reason: 'maintenance', reconnect_after_milliseconds: 10 } });
    }
  };
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
    case 'store':
    case 'knows':
    case 'refuses':
    case 'leaves':
    case 'lazy':
    case 'slow':
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
