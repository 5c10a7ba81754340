"""A plain MQTT 5 client of other people's making: calls and works, as tests/it/broker/mqtt/interop.rs says."""

import json
import queue
import sys

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TIME = 60


def connect(port, topic):
    """A client that has subscribed, and what comes to it."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, manual_ack=True)
    came, ready = queue.Queue(), queue.Queue()
    client.on_message = lambda client, data, message: came.put(message)
    client.on_subscribe = lambda client, data, id, reasons, properties: ready.put(reasons)
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    client.subscribe(topic, qos=1)
    ready.get(timeout=TIME)
    return client, came


def publish(client, topic, body, properties):
    client.publish(topic, json.dumps(body), qos=1, properties=properties).wait_for_publish(TIME)


def finish(client, message):
    client.ack(message.mid, message.qos)
    client.disconnect()
    client.loop_stop()


def call(port, node):
    """Asks for what `node` does."""
    inbox = "mitto/inbox/python/1"
    client, came = connect(port, inbox)
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = inbox
    properties.CorrelationData = b"python\x00\xff"
    properties.ContentType = "application/json"
    properties.UserProperty = [("mitto-type", "Ping"), ("tenant", "north")]
    publish(client, "mitto/tasks/" + node, {"n": 41}, properties)
    answer = came.get(timeout=TIME)
    assert answer.properties.CorrelationData == b"python\x00\xff", answer.properties
    assert answer.properties.ContentType == "application/json", answer.properties
    assert json.loads(answer.payload) == {"n": 42}, answer.payload
    finish(client, answer)


def work(port, node):
    """Answers one request of a gateway."""
    client, came = connect(port, "$share/workers/mitto/tasks/" + node)
    task = came.get(timeout=TIME)
    properties = task.properties
    assert properties.ContentType == "application/json", properties
    assert properties.CorrelationData == b"7:42", properties
    assert properties.ResponseTopic.startswith("mitto/inbox/gateway/"), properties
    assert 0 < properties.MessageExpiryInterval <= 60, properties
    pairs = properties.UserProperty
    expires = [value for name, value in pairs if name == "mitto-expires"]
    assert int(expires[0]) > 1_700_000_000_000, pairs
    pairs = sorted(pair for pair in pairs if pair[0] != "mitto-expires")
    assert pairs == [
        ("k", "żółć"),
        ("mitto-address", "chat/eu/ping"),
        ("mitto-id", "id-7"),
        ("mitto-idempotent", "true"),
        ("mitto-type", "Ping"),
        ("twice", "1"),
        ("twice", "2"),
    ], pairs
    answer = Properties(PacketTypes.PUBLISH)
    answer.CorrelationData = properties.CorrelationData
    answer.ContentType = "application/json"
    publish(client, properties.ResponseTopic, {"n": json.loads(task.payload)["n"] + 1}, answer)
    finish(client, task)


{"call": call, "work": work}[sys.argv[1]](*sys.argv[2:])
print("all is well")
