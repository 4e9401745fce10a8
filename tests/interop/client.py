"""An agent made with Python's grpcio, which is gRPC's C core, for tests of our collector.

python3 client.py ADDRESS DESCRIPTORS SCENARIO, with DESCRIPTORS a FileDescriptorSet of proto/.
Prints every frame it gets and, last, how the call ended.
"""
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

address, descriptors, scenario = sys.argv[1:]
pool = descriptor_pool.DescriptorPool()
files = descriptor_pb2.FileDescriptorSet()
with open(descriptors, "rb") as file:
    files.ParseFromString(file.read())
for file in files.file:
    pool.Add(file)
factory = message_factory.MessageFactory(pool)
AgentFrame = factory.GetPrototype(pool.FindMessageTypeByName("tallyman.v1.AgentFrame"))
CollectorFrame = factory.GetPrototype(pool.FindMessageTypeByName("tallyman.v1.CollectorFrame"))

HELLO = 'hello { agent_id: "grpcio" host { name: "python" } epoch: 9 first_seq: 1 next_seq: 2 }'
BATCH = """batch { first_seq: 1 records { alert { id: "python1" time { seconds: 1700000000 }
    command_line { argv: "docker" argv: "\\377" tool: "docker" } scores { risk_score: 40 } } } }"""


def frames():
    texts = {"stream": [HELLO, BATCH], "no-hello": [BATCH], "empty": []}[scenario]
    for text in texts:
        yield text_format.Parse(text, AgentFrame())


with grpc.insecure_channel(address) as channel:
    method = channel.stream_stream(
        "/tallyman.v1.Ingest/Stream",
        request_serializer=AgentFrame.SerializeToString,
        response_deserializer=CollectorFrame.FromString,
    )
    call = method(frames(), timeout=30)
    try:
        for frame in call:
            print(text_format.MessageToString(frame, as_one_line=True))
    except grpc.RpcError:
        pass
    print(f"{call.code().name}: {call.details()}")
