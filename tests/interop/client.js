// An agent made with @grpc/grpc-js, for tests of our collector: node client.js ADDRESS SCENARIO
// Prints every frame it gets and, last, how the call ended.
'use strict';
const { grpc, Ingest } = require('./ingest');

const [address, scenario] = process.argv.slice(2);
const client = new Ingest(address, grpc.credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
const hello = { hello: { agent_id: 'grpc-js', host: { name: 'node' }, epoch: '7', first_seq: 1, next_seq: 3 } };

function alert(id) {
  return { alert: { id, time: { seconds: 1700000000 }, command_line: { argv: [Buffer.from('docker')], tool: 'docker' }, scores: { risk_score: 40 } } };
}

function report(call) {
  call.on('data', (frame) => console.log(JSON.stringify(frame)));
  call.on('error', () => {});
  call.on('status', (status) => {
    console.log(JSON.stringify({ status: status.code, details: status.details }));
    client.close();
  });
}

function unknownMethod() {
  const serialize = () => Buffer.alloc(0);
  return client.makeBidiStreamRequest('/tallyman.v1.Ingest/Nothing', serialize, serialize);
}

const options = scenario === 'deadline' ? { deadline: Date.now() + 500 } : {};
const call = scenario === 'unknown-method' ? unknownMethod() : client.Stream(options);
report(call);
switch (scenario) {
  case 'stream':
    call.write(hello);
    call.write({ batch: { first_seq: 1, records: [alert('first'), { alert: { id: '' } }, alert('third')] } });
    call.write({ heartbeat: { next_seq: 4, counters: { alerts: 2 } } });
    call.end();
    break;
  case 'no-hello':
    call.write({ batch: { first_seq: 1, records: [alert('a')] } });
    break;
  case 'hole':
    call.write(hello);
    call.write({ batch: { first_seq: 5, records: [alert('b')] } });
    break;
  case 'too-big':
    call.write(hello);
    call.write({ batch: { first_seq: 1, records: [alert('x'.repeat(5000000))] } });
    break;
  case 'deadline':
    call.write(hello);
    break;
  default:
    call.end();
}
