"""A plain AMQP client of other people's making: calls, works and spoils, as tests/it/broker/rabbitmq/plain.rs says."""

import json
import sys

import pika

TIME = 60


def connect(url):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    connection.call_later(TIME, lambda: sys.exit("it takes too long"))
    return connection, connection.channel()


def call(url, queue):
    """Asks for what `queue` does, and is answered without a queue of its own."""
    connection, channel = connect(url)
    answers = []

    def take(channel, method, properties, body):
        assert properties.correlation_id == "python/1", properties
        assert properties.content_type == "application/json", properties
        assert properties.headers["mitto-kind"] == "response", properties
        answers.append(json.loads(body))

    channel.basic_consume("amq.rabbitmq.reply-to", take, auto_ack=True)
    channel.basic_publish(
        "",
        queue,
        json.dumps({"n": 41}),
        pika.BasicProperties(
            type="Ping",
            correlation_id="python/1",
            reply_to="amq.rabbitmq.reply-to",
            content_type="application/json; charset=utf-8",
            headers={"tenant": "north", "retries": 3},
        ),
    )
    while not answers:
        connection.process_data_events(time_limit=1)
    assert answers == [{"n": 42}], answers
    connection.close()


def work(url, queue):
    """Answers one request of a gateway."""
    connection, channel = connect(url)
    channel.basic_qos(prefetch_count=1)
    for method, properties, body in channel.consume(queue):
        assert properties.type == "Ping", properties
        assert properties.content_type == "application/json", properties
        assert properties.reply_to.startswith("mitto.inbox.gateway."), properties
        assert properties.correlation_id == "7:42", properties
        assert properties.message_id == "id-7", properties
        assert properties.user_id is None, "nobody has to be believed"
        assert properties.delivery_mode == 2 and properties.expiration is None, properties
        app, own = properties.app_id.split(";")
        fields = {field[0]: field[1:] for field in own.split(",")}
        assert (app, fields["o"], fields["a"]) == ("mitto", "", "chat/eu/ping"), own
        assert int(fields["x"]) > 1_700_000_000_000, own
        headers = properties.headers
        assert headers == {"k": "żółć", "twice": ["1", "2"]}, headers
        channel.basic_publish(
            "",
            properties.reply_to,
            json.dumps({"n": json.loads(body)["n"] + 1}),
            pika.BasicProperties(
                correlation_id=properties.correlation_id, content_type="application/json"
            ),
        )
        channel.basic_ack(method.delivery_tag)
        break
    channel.cancel()
    connection.close()


def spoil(url, queue):
    """Sends properties that are no UTF-8."""
    connection, channel = connect(url)
    channel.confirm_delivery()
    properties = pika.BasicProperties(type="Ping", correlation_id=b"\xff\xfe", delivery_mode=2)
    channel.basic_publish("", queue, b"{}", properties, mandatory=True)
    connection.close()


{"call": call, "work": work, "spoil": spoil}[sys.argv[1]](*sys.argv[2:])
print("all is well")
