// The official JavaScript client against the scripted server, whose address is the argument.
//
// What the client understood is printed, one line of JSON for each step; `expected.jsonl` has the same lines.

import OpenAI, { APIError } from "openai";

const baseURL = process.argv[2];
const client = new OpenAI({ baseURL, apiKey: "sk-peer", maxRetries: 2 });
const system = { role: "system", content: "Be brief." };

function tool(name) {
  const parameters = { type: "object", properties: {}, additionalProperties: true };
  return { type: "function", function: { name, description: `Does ${name}.`, parameters } };
}

async function completed(messages, asked = client, model = "x") {
  const stream = asked.chat.completions.stream({
    model,
    messages: [system, ...messages],
    tools: [tool("grep"), tool("read")],
    stream_options: { include_usage: true },
  });
  return await stream.finalChatCompletion();
}

function tell(step, completion) {
  const [choice] = completion.choices;
  const { content, tool_calls: calls, refusal } = choice.message;
  const line = {
    step,
    text: content ?? "",
    calls: (calls ?? []).map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]),
    usage: completion.usage ? [completion.usage.prompt_tokens, completion.usage.completion_tokens] : null,
    stop: choice.finish_reason,
    refusal: refusal ?? null,
  };
  console.log(JSON.stringify(line));
  return choice.message;
}

async function tellError(step, ask) {
  let error = null;
  try {
    await ask();
  } catch (caught) {
    if (!(caught instanceof APIError)) throw caught;
    error = caught.status ?? caught.message;
  }
  console.log(JSON.stringify({ step, error }));
}

const hello = { role: "user", content: "Hello" };
const picture = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw==" } };

const said = tell("calls", await completed([hello]));
const calls = said.tool_calls.map(({ id, function: { name, arguments: input } }) => ({
  id,
  type: "function",
  function: { name, arguments: input },
}));
const answers = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: `answer to ${id}` }));
tell("answers", await completed([hello, { role: "assistant", content: said.content, tool_calls: calls }, ...answers]));
tell("picture", await completed([{ role: "user", content: [{ type: "text", text: "What is it?" }, picture] }]));
for (const step of ["again", "refusal"]) tell(step, await completed([hello]));
tell("length", await completed([hello]));
await tellError("error in the stream", () => completed([hello]));
await tellError("server error", () => completed([hello], client.withOptions({ maxRetries: 0 })));
await tellError("wrong key", () => completed([hello], new OpenAI({ baseURL, apiKey: "sk-wrong", maxRetries: 0 })));
await tellError("wrong model", () => completed([hello], client, "y"));
