"""A JSON-RPC client of other people's making: calls the handlers of tests/it/json_rpc/service.rs."""

import asyncio
import json
import sys

from jsonrpcclient import Error, Ok, notification_json, parse_json, request, request_json
from websockets.asyncio.client import connect

TIME = 20


async def receive(socket):
    return await asyncio.wait_for(socket.recv(), TIME)


async def call(socket, method, params):
    await socket.send(request_json(method, params=params))
    return parse_json(await receive(socket))


async def calls(socket):
    match await call(socket, "Echo", {"text": "grüezi"}):
        case Ok("grüezi", _):
            pass
        case other:
            raise AssertionError(other)
    match await call(socket, "sub-tract", [42, 23]):
        case Ok(19, _):
            pass
        case other:
            raise AssertionError(other)
    match await call(socket, "Withdraw", {"amount": 130}):
        case Error(1, _, {"Missing": {"amount": 30}}, _):
            pass
        case other:
            raise AssertionError(other)
    match await call(socket, "Withdraw", {"amount": 0}):
        case Error(-32009, "take at least 1", {"status": "denied"}, _):
            pass
        case other:
            raise AssertionError(other)
    match await call(socket, "Nobody", {}):
        case Error(-32601, _, _, _):
            pass
        case other:
            raise AssertionError(other)


async def batch(socket):
    texts = [request("Echo", params={"text": str(n)}) for n in range(3)]
    await socket.send(json.dumps(texts))
    answers = list(parse_json(await receive(socket)))
    assert [answer.result for answer in answers] == ["0", "1", "2"], answers


async def stream(socket):
    match await call(socket, "Count", {"to": 3}):
        case Ok(subscription, _):
            pass
        case other:
            raise AssertionError(other)
    items = []
    while True:
        message = json.loads(await receive(socket))
        params = message["params"]
        assert params["subscription"] == subscription, message
        if message["method"] == "mitto.end":
            assert params["error"] is None, message
            break
        items.append(params["result"])
    assert items == [1, 2, 3], items


async def called_back(socket):
    await socket.send(request_json("AskBack"))
    asked = json.loads(await receive(socket))
    assert asked["method"] == "Name", asked
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "Ada"}))
    told = json.loads(await receive(socket))
    assert (told["method"], told["params"]) == ("Told", {"text": "Ada"}), told
    match parse_json(await receive(socket)):
        case Ok("Ada", _):
            pass
        case other:
            raise AssertionError(other)


async def main(url):
    for subprotocols in (None, ["jsonrpc-2.0"]):
        async with connect(url, subprotocols=subprotocols) as socket:
            assert socket.subprotocol == (subprotocols and subprotocols[0])
            await calls(socket)
            await batch(socket)
            await stream(socket)
            await socket.send(notification_json("LetGo"))
            match await call(socket, "Wait", {}):
                case Ok(42, _):
                    pass
                case other:
                    raise AssertionError(other)
            await called_back(socket)
    print("all is well")


asyncio.run(main(sys.argv[1]))
