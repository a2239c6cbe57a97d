"""The official Python client against the scripted server, whose address is the argument.

What the client understood is printed, one line of JSON for each step; `expected.jsonl` has the same lines.
"""

import json
import sys

from openai import APIError, APIStatusError, OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState

BASE_URL = sys.argv[1]
CLIENT = OpenAI(base_url=BASE_URL, api_key="sk-peer", max_retries=2)
SYSTEM = {"role": "system", "content": "Be brief."}


def tool(name):
    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    return {"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": schema}}


def completed(messages, client=CLIENT, model="x"):
    stream = client.chat.completions.create(
        model=model,
        messages=[SYSTEM, *messages],
        tools=[tool("grep"), tool("read")],
        stream=True,
        stream_options={"include_usage": True},
    )
    state = ChatCompletionStreamState()
    for chunk in stream:
        state.handle_chunk(chunk)
    # Not the final completion: for that the client takes a text that was cut as an error.
    return state.current_completion_snapshot


def tell(step, completion):
    choice = completion.choices[0]
    calls = [[call.id, call.function.name, json.loads(call.function.arguments)] for call in choice.message.tool_calls or []]
    usage = completion.usage and [completion.usage.prompt_tokens, completion.usage.completion_tokens]
    line = {"step": step, "text": choice.message.content or "", "calls": calls, "usage": usage}
    print(json.dumps(line | {"stop": choice.finish_reason, "refusal": choice.message.refusal}))
    return choice.message


def tell_error(step, ask):
    try:
        ask()
    except APIStatusError as error:
        print(json.dumps({"step": step, "error": error.status_code}))
    except APIError as error:
        print(json.dumps({"step": step, "error": error.message}))
    else:
        print(json.dumps({"step": step, "error": None}))


hello = {"role": "user", "content": "Hello"}
picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}

said = tell("calls", completed([hello]))
calls = [
    {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
    for call in said.tool_calls
]
answers = [{"role": "tool", "tool_call_id": call["id"], "content": f"answer to {call['id']}"} for call in calls]
tell("answers", completed([hello, {"role": "assistant", "content": said.content, "tool_calls": calls}, *answers]))
tell("picture", completed([{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}]))
for step in ["again", "refusal", "length"]:
    tell(step, completed([hello]))
tell_error("error in the stream", lambda: completed([hello]))
tell_error("server error", lambda: completed([hello], CLIENT.with_options(max_retries=0)))
tell_error("wrong key", lambda: completed([hello], OpenAI(base_url=BASE_URL, api_key="sk-wrong", max_retries=0)))
tell_error("wrong model", lambda: completed([hello], model="y"))
