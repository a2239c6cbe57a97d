// The control protocol of the gateway, version 1, as the pages use it: narrower than `generated.ts`, where texts with a few
// values are just texts. `tests/unit/contract.test.ts` holds the two together.
//
//
// Errors: status 4xx/5xx with Problem. Every request but POST /login needs authentication:
//   browser: header `Authorization: Bearer TOKEN` and the HttpOnly cookie that /login set; programs: the bearer token of the 0600 file alone.
// Requests with a body need `Content-Type: application/json`; state changes come from the page's own Origin or from a program (no Origin).
export interface Problem { error: { code: string; message: string; cure?: string | null; busy_with?: string | null } }
// codes: unauthorized, forbidden, not_found, bad_request (message says what and where), conflict, held, too_large, too_many, unavailable, failed

// ---- login
// POST /login {code} -> Login (also Set-Cookie). Code is in location.hash as #code=…, one minute, once.
export interface Login { token: string; expires: string }
// POST /logout -> 204. Open WebSockets of that login close within a second (4401).
// POST /codes -> Code   (a fresh link, for a second browser; `boxagnts open`)
export interface Code { code: string; link: string; expires: string }

// ---- state of the server
// GET /status -> Status
export interface Status {
  version: string; workspace: string /* folder on this machine */; workspace_id: string; started: string; epoch: string;
  folders: { name: string; path: string; writable: boolean }[];
  wall: { state: "enforced" | "missing"; text: string };   // second wall (Landlock)
  trust: "nothing" | "untrusted" | "changed" | "trusted";
  models: string[];                // names that can be used now, PROVIDER/MODEL; demo/* among them
  default_model: string | null;
  modes: Mode[]; access: "full" | "read-only" | "search-only";
  waiting: number;                 // open questions in all sessions
  left_out: string[];              // tools of the workspace that cannot be used, each with the reason
  found: string | null;            // a journal from elsewhere that could be adopted, in words
}
export type Mode = "ask" | "accept-edits" | "plan" | "dont-ask" | "bypass";
// GET /doctor -> { checks: Check[] }
export interface Check { name: string; state: "ok" | "warn" | "bad"; text: string; cure: string | null }

// ---- sessions
// GET /sessions?limit=50 -> { sessions: SessionCard[] }   newest first
export interface SessionCard {
  id: string; title: string; started: string; updated: string; turns: number; events: number;
  state: "idle" | "running" | "waiting" | "elsewhere" | "damaged";    // elsewhere: another process holds it (holder says who)
  holder: string | null; damage: string | null;
}
// POST /sessions { model?: string, mode?: Mode } -> SessionDetail (201)
// GET /sessions/{id} -> SessionDetail
export interface SessionDetail extends SessionCard {
  model: string | null; mode: Mode | null; origin: string | null;
  usage: Usage; cost_micro_dollars: number | null;     // null: no price known
  context: ContextPart[];                              // estimate of what the next request to the model holds
  questions: Question[];
}
export interface Usage { input: number; output: number; [more: string]: number }
export interface ContextPart { part: "system" | "tools" | "you" | "assistant" | "results"; bytes: number }
// PATCH /sessions/{id} { model?: string, mode?: Mode } -> SessionDetail    (counts from the next turn; 409 while a turn runs)
// GET /sessions/{id}/events?before=SEQ&after=SEQ&limit=500 -> EventPage     (journal; `before` pages backwards; oldest first in the answer)
export interface EventPage { events: JournalEvent[]; first: number; last: number; total: number }
// POST /sessions/{id}/turns { text: string, images?: {media_type: string, bytes: string /* base64 */}[] } -> 202 {}     409 conflict while a turn runs, 409 held when another process holds it
// POST /sessions/{id}/stop -> 202 {}
// GET /sessions/{id}/trace -> Trace
// GET /sessions/{id}/changes -> { files: FileChange[] }     what the session changed, compared with the disk now
// GET /sessions/{id}/export?format=json|md -> the file (Content-Disposition: attachment)
// GET /sessions/{id}/questions -> { questions: Question[] }
// POST /sessions/{id}/questions/{call} { fingerprint: string, answer: "once"|"session"|"no" } -> { counted: boolean }   false: somebody was faster or it is over
export interface Question {
  session: string; call: string; tool: string; input: unknown; effects: string[];
  changes: string | null;    // text of lines: diff
  flow: string | null;       // Rule of Two, in words
  fingerprint: string; asked: string | null; expires: string | null;
  remembered: string[];      // what "session" would remember, exactly, as capability text
}
// GET /questions -> { questions: Question[] }    open ones of all sessions
export interface FileChange { path: string; kind: "created" | "changed" | "deleted" | "moved" | "link" | "folder"; diff: string | null; bytes_before: number | null; bytes_now: number | null; turn: number }
export interface Trace { turns: TraceTurn[] }
export interface TraceTurn { turn: number; started: string; micros: number; reason: string | null; model: string; usage: Usage; cost_micro_dollars: number | null; spans: Span[]; critical: number[] /* indexes of spans on the critical path */ }
export interface Span {
  kind: "model" | "tool" | "approval"; name: string; start_micros: number; micros: number;   // start counted from the turn's start
  step: number | null; call: string | null; outcome: Outcome | null; usage: Usage | null; cost_micro_dollars: number | null;
  label: Label | null; bytes: number; effects: number; refused: number; answer: string | null;
}

// ---- tools, law
// GET /tools -> { tools: ToolCard[] }      GET /tools/{name} -> ToolCard
export interface ToolCard { name: string; version: string; summary: string; description: string; level: "none" | "read-only" | "write" | "execute"; origin: string; digest: string; built_in: boolean; permissions: string[]; effects: string[]; limits: string[]; input_schema: unknown }
// GET /permissions?mode=ask -> Matrix
export interface Matrix { rows: { tool: string; built_in: boolean; cells: Cell[] }[] }
export interface Cell { capability: string; verdict: "allow" | "ask" | "deny"; rule: string; layer: string /* e.g. "built-in defaults", "grants", "the user's policy config.toml:3" */ }
// GET /grants -> { grants: Grant[] }       POST /grants NewGrant -> Grant (201)      DELETE /grants/{id} -> Grant
export interface Grant { id: string; capability: string; tool: string | null; scope: "session" | "workspace" | "always"; session: string | null; created: string; expires: string | null; by: string }
export interface NewGrant { capability: string; tool?: string | null; scope: "session" | "workspace" | "always"; session?: string | null; expires?: string | null /* "8h", "7d" or RFC 3339 */ }
// POST /policy/explain { effect: string, tool?: string, agent?: string, mode?: Mode } -> Why   (changes nothing)
export interface Why { effect: string; verdict: "allow" | "ask" | "deny"; rule: string; steps: { at: string; rule: string | null }[]; needs: string | null; instead: string | null; tool: string | null; built_in: boolean; opening: "grant" | "command-line" | "answer" | null }
// GET /trust -> Trust        POST /trust { digest } -> Trust       DELETE /trust -> Trust
export interface Trust { state: "nothing" | "untrusted" | "changed" | "trusted"; what: string[]; digest: string | null; files: { path: string; digest: string }[]; tools: string[]; policy: string[]; problem: string | null }
// GET /secrets -> { secrets: SecretCard[] }    PUT /secrets/{name} { host, methods: string[], value } -> SecretCard     DELETE /secrets/{name} -> 204     (values are write-only)
export interface SecretCard { name: string; host: string; methods: string[]; set: string }

// ---- audit
// GET /audit?session=&refused=true&limit=200&before=SEQ -> AuditPage      newest first
export interface AuditPage { receipts: Receipt[]; more: boolean }
export interface Receipt { seq: number; time?: string; session?: string; run?: string; agent?: string; call?: string; prev?: string; type: string; body?: any }
//   type/body: journal.began {brought_from?} · journal.adopted {from} · call.intended {tool, fingerprint} · effect {tool,effect,decision:"allowed"|"refused",rule,count,bytes,touched?:{paths:string[],further:number,digest?:string},label?}
//              · answer {answer,by?,effects} · call.lost {tool} · unreadable (no body)
// GET /audit/touched/{digest} -> { lines: string[] }
// POST /audit/verify -> Verdict   (changes nothing)
export interface Verdict { intact: boolean; journal: string | null; key: string | null; records: number; covered: number; checkpoints: number; bad: { record: number; flaw: string; text: string } | null; problems: string[]; remarks: string[] }

// ---- files (guest paths: /workspace/…, /folders/NAME/…)
// GET /files?path=/workspace -> Folder       GET /files/search?q=read&limit=50 -> { paths: string[] }  (fuzzy, for @file; /workspace only)
export interface Folder { path: string; entries: Entry[]; cut: boolean }
export interface Entry { name: string; kind: "file" | "folder" | "link" | "other"; bytes: number; changed: string | null }
// GET /files/content?path= -> FileContent   (text up to 1 MiB, images up to 8 MiB as base64; else kind "binary")
export interface FileContent { path: string; kind: "text" | "image" | "binary"; media_type: string | null; text: string | null; bytes_base64: string | null; bytes: number; cut: boolean }

// ---- models, settings
// GET /models -> { providers: Provider[], default_model: string | null }
export interface Provider { name: string; text: string; ready: boolean; missing: string | null; origin: string | null; models: string[]; key: { name: string; set: boolean; from: "environment" | "stored" | null } | null; prices: { model: string; input: number; output: number }[] /* dollars per million */ }
// PUT /models/{provider}/key { value } -> Provider    DELETE /models/{provider}/key -> Provider    (write-only; bound to the provider's origin; 422 when the value is none, 404 for a name nobody has)
// POST /models/test { model } -> ModelTest   (a real completion and a real tool call, in a session of its own)
export interface ModelTest { model: string; session: string; ok: boolean; completion: { ok: boolean; text: string; millis: number }; tool_call: { ok: boolean; text: string; millis: number }; usage: Usage; error: string | null }
// GET /settings -> Settings      PUT /settings { text, digest } -> Settings   (400 with message "line 3: …" when it cannot be understood; 409 when the file changed meanwhile)
export interface Settings { path: string; text: string; digest: string; values: { key: string; value: string; origin: string }[]; problem: string | null; restart_needed: boolean }

// ---- WebSocket GET /api/v1/stream, subprotocols ["boxagnts.v1", "bearer.TOKEN"] (cookie + Origin are checked before the upgrade)
export type ClientFrame =
  | { type: "watch"; session: string; epoch?: string; after?: number }   // epoch+after: the cursor from earlier frames; else a reset is sent
  | { type: "unwatch"; session: string };
export type ServerFrame =
  | { type: "hello"; version: string; epoch: string }
  // All that is to be shown: journal events of finished turns (the last ≤ 1000); replace what you had of this session. With
  // `held` the session runs in this server: `epoch` names its feed, and `event` frames with numbers above `n` follow.
  | { type: "reset"; session: string; held: boolean; epoch: string | null; n: number; events: JournalEvent[]; first: number; last: number; total: number }
  // From here on the feed `epoch` counts, from `n` on; or, with `held` false, the journal of a session that runs elsewhere.
  | { type: "follow"; session: string; held: boolean; epoch: string | null; n: number }
  // n counts per feed without gaps except after a coalesced text (then n jumps, and text.delta's offset says where it belongs).
  | { type: "event"; session: string; n: number; event: StreamEvent }
  // An event of the journal of a session that does not run in this server.
  | { type: "journal"; session: string; event: JournalEvent }
  // Something of this kind changed: fetch it anew if you show it.
  | { type: "changed"; what: "sessions" | "questions" | "grants" | "trust" | "settings" | "secrets" | "models" }
  | { type: "problem"; session: string | null; message: string };
// close codes: 4401 logged out, 1008 a frame that is none, 1009 too large, 1001 server going away (reconnect with backoff).

// ---- the events (docs/events.md explains each field)
export type Outcome = "done" | "rejected" | "denied" | "limited" | "cancelled" | "broken" | "unknown";
export interface Label { untrusted?: string[]; privacy?: "public" | "internal" | "private"; private?: string[] }
export type Content = { kind: "text"; text: string } | { kind: "json"; value: unknown } | { kind: "image"; media_type: string; bytes: string } | { kind: "file"; path: string };
export type StopReason = "answered" | "step_limit" | "budget_limit" | "repeats" | "interrupted" | "tool_broken" | "model_failed" | "record_failed";
export type StreamEvent =
  | { type: "session.started"; session: string; workspace: string; model: string; mode: string; tools: string[] }
  | { type: "turn.started"; turn: number; run: string; prompt?: Content[] }        // prompt: what the person said (so that other tabs see it)
  | { type: "model.waiting"; message: number; why: string; seconds: number }
  | { type: "text.delta"; message: number; offset: number; text: string }          // offset in bytes (UTF-8)
  | { type: "thinking.delta"; message: number; text: string }
  | { type: "call.started"; call: string; tool: string; input: unknown }
  | { type: "call.progress"; call: string; text: string; fraction?: number }
  | { type: "approval.requested"; call: string; tool: string; effects: string[]; changes?: string; flow?: string }
  | { type: "approval.resolved"; call: string; answer: string }
  | { type: "effect"; call: string; effect: string; decision: "allowed" | "refused"; rule: string; count: number }
  | { type: "call.finished"; call: string; tool: string; outcome: Outcome; content: Content[]; micros: number; label: Label }
  | { type: "content.withheld"; call: string; label: Label; max_label: string }
  | { type: "usage"; usage: Usage }
  | { type: "turn.finished"; turn: number; reason: StopReason; text: string; usage: Usage; steps: number; unanswered: number }
  | { type: "error"; message: string };
export interface JournalEvent { v: number; seq: number; id: string; time: string; session: string; run?: string; turn?: number; step?: number; call?: string; agent?: string; type: string; body: any }
//   types of bodies: docs/events.md, "The journal": session.started, turn.started {prompt,model,mode,tools}, message {text,calls:[{id,model_id,tool,input}],usage,label},
//   call.decided {tool,verdict,lines:[{effect,verdict,rule}]}, approval.requested, approval.resolved, call.intended, file.before, effect, call.finished {tool,outcome,content,truncated,micros,label}, turn.finished {reason,text,usage,steps,error?}

// ---- changes since the first version (the lead's word is final)
// 1. ServerFrame "reset" has also `n: number`: `event` frames after it begin at n+1. `epoch` names the feed of that live session (null when held is false).
// 2. New ServerFrame { type: "follow"; session: string; held: boolean; epoch: string | null; n: number }: no reset is needed; from here on this feed counts (a session that was followed by its journal is now run by this server, or the reverse).
// 3. StreamEvent "thinking.delta" has `offset: number` too (bytes), like text.delta: both are to be placed by offset, since a replay may bring a piece that overlaps what you have.
// 4. StreamEvent "turn.started" always has `prompt: Content[]`.
