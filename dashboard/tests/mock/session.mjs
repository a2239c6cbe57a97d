// One session of the mock: its journal, the stream of the turn under way, its open questions, and what a script can do.

import { createHash } from 'node:crypto'
import { Refusal } from './http.mjs'
import { ulid } from './world.mjs'

const bytesOf = (text) => Buffer.byteLength(text, 'utf8')

/** Thrown inside a script when the turn was stopped. */
class Stopped extends Error {}

export class MockSession {
  journal = []
  /** The feed while the session runs here: its name, the frames of the turn, each `{ n, event }`, and the number of the last. */
  epoch = null
  frames = []
  n = 0
  running = false
  stopped = false
  /** @type {string | null} */
  holder = null
  /** @type {string | null} */
  damage = null
  usage = { input: 0, output: 0 }
  #open = new Map()
  #pending = null

  constructor(world, { id = ulid(), title = '', model = world.status?.default_model ?? null, mode = 'ask', time = Date.now() } = {}) {
    Object.assign(this, { world, id, title, model, mode, clock: time, started: new Date(time).toISOString() })
    this.updated = this.started
    this.turn = 0
    this.write('session.started', { folder: '/home/ada/notes', version: '0.1.0' })
  }

  // ---- what the routes show

  card() {
    const state = this.damage ? 'damaged' : this.holder ? 'elsewhere' : this.#open.size ? 'waiting' : this.running ? 'running' : 'idle'
    return {
      id: this.id, title: this.title, started: this.started, updated: this.updated, turns: this.turn,
      events: this.journal.length, state, holder: this.holder, damage: this.damage,
    }
  }

  detail() {
    const parts = [['system', 5200], ['tools', 14800], ['you', 400 * this.turn], ['assistant', 900 * this.turn], ['results', 3100 * this.turn]]
    return {
      ...this.card(), model: this.model, mode: this.mode, origin: null, usage: this.usage,
      cost_micro_dollars: this.model?.startsWith('demo/') ? 0 : this.usage.input * 3 + this.usage.output * 15,
      context: parts.map(([part, bytes]) => ({ part, bytes })), questions: this.openQuestions(),
    }
  }

  openQuestions() {
    return [...this.#open.values()].map((open) => open.question)
  }

  /** The journal up to the end of the last finished turn. */
  settled() {
    if (!this.running) return this.journal
    return this.journal.filter((event) => (event.turn ?? 0) < this.turn)
  }

  // ---- writing

  write(type, body, more = {}) {
    const at = this.running ? Date.now() : this.clock
    const time = new Date(at).toISOString()
    const event = { v: 1, seq: this.journal.length + 1, id: ulid(at), time, session: this.id, ...(this.turn ? { turn: this.turn } : {}), ...more, type, body }
    this.journal.push(event)
    this.updated = time
    return event
  }

  tell(event) {
    if (this.epoch === null) this.runHere()
    const frame = { n: ++this.n, event }
    this.frames.push(frame)
    this.#send({ type: 'event', session: this.id, ...frame })
  }

  /** The session begins to run here. */
  runHere() {
    Object.assign(this, { epoch: ulid(), frames: [], n: 0 })
    this.#send({ type: 'follow', session: this.id, held: true, epoch: this.epoch, n: 0 })
  }

  /** It was given back, as after a rest. */
  giveBack() {
    if (this.epoch === null || this.running) return
    this.epoch = null
    this.#send({ type: 'follow', session: this.id, held: false, epoch: null, n: 0 })
  }

  #send(frame) {
    for (const peer of this.world.peers) if (peer.watches.has(this.id)) peer.send(frame)
  }

  // ---- a turn

  begin(prompt, script) {
    if (this.holder) throw new Refusal(409, 'held', 'another process works on this session', null, this.holder)
    if (this.damage) throw new Refusal(409, 'conflict', 'this session is damaged and can only be read')
    if (this.running) throw new Refusal(409, 'conflict', 'a turn is running', 'wait for it, or stop it')
    this.turn += 1
    this.running = true
    this.stopped = false
    this.frames = []
    this.step = 0
    this.turnUsage = { input: 0, output: 0 }
    const said = prompt.find((piece) => piece.kind === 'text')?.text ?? ''
    if (!this.title) this.title = said.split('\n')[0].slice(0, 80)
    this.write('turn.started', { prompt, model: this.model ?? '', mode: this.mode, tools: ['read', 'write', 'edit', 'bash', 'grep'] })
    this.tell({ type: 'turn.started', turn: this.turn, run: ulid(), prompt })
    this.world.changed('sessions')
    this.done = this.#run(script)
    return this.done
  }

  async #run(script) {
    let end = { reason: 'answered', text: '' }
    try {
      end = (await script(this)) ?? { reason: 'answered', text: this.said ?? '' }
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown
      this.#keepMessage([])
      end = { reason: 'interrupted', text: '' }
    }
    const { reason, text, error } = end
    const steps = Math.max(1, this.step)
    if (error) this.tell({ type: 'error', message: error })
    this.write('turn.finished', { reason, text, usage: this.turnUsage, steps, ...(error ? { error } : {}) })
    this.tell({ type: 'turn.finished', turn: this.turn, reason, text, usage: this.turnUsage, steps, unanswered: 0 })
    this.running = false
    this.world.changed('sessions')
    this.world.after(this.world.rest ?? 400, () => this.giveBack())
  }

  stop() {
    this.stopped = true
    for (const [call] of this.#open) this.#resolve(call, 'interrupted')
    this.#pending?.()
  }

  /** Waits as a script; a stop ends the wait and the script. */
  async wait(ms) {
    if (this.stopped) throw new Stopped()
    const pace = this.pace ?? this.world.pace ?? 1
    if (ms * pace > 0) {
      await new Promise((done) => {
        this.#pending = done
        this.world.after(ms * pace, done)
      })
    }
    if (this.stopped) throw new Stopped()
  }

  async think(text) {
    this.#message()
    for (const piece of text.match(/.{1,24}/gsu) ?? []) {
      this.tell({ type: 'thinking.delta', message: this.step + 1, text: piece })
      await this.wait(20)
    }
  }

  async text(words, perPiece = 12) {
    this.#message()
    for (const piece of words.match(new RegExp(`.{1,${perPiece}}`, 'gsu')) ?? []) {
      this.tell({ type: 'text.delta', message: this.step + 1, offset: bytesOf(this.open.text), text: piece })
      this.open.text += piece
      await this.wait(15)
    }
    this.said = this.open.text
  }

  #message() {
    this.open ??= { text: '' }
  }

  /** Ends the message of the model; with calls it goes on afterwards. */
  #keepMessage(calls) {
    if (!this.open && calls.length === 0) return
    this.step += 1
    const usage = { input: 900 + 350 * this.step, output: 40 + bytesOf(this.open?.text ?? '') }
    this.turnUsage = { input: this.turnUsage.input + usage.input, output: this.turnUsage.output + usage.output }
    this.usage = { input: this.usage.input + usage.input, output: this.usage.output + usage.output }
    this.write('message', { text: this.open?.text ?? '', calls, usage, label: {} }, { step: this.step })
    this.tell({ type: 'usage', usage: this.turnUsage })
    this.open = null
  }

  answerEnds() {
    this.#keepMessage([])
    return { reason: 'answered', text: this.said ?? '' }
  }

  /** Calls that the model asks for in one message, run side by side. */
  async calls(...wishes) {
    const made = wishes.map((wish) => ({ ...wish, call: ulid() }))
    this.#keepMessage(made.map(({ call, tool, input }, i) => ({ id: call, model_id: `call_${i}`, tool, input: JSON.stringify(input) })))
    const step = this.step
    const results = await Promise.allSettled(made.map((wish) => this.#call(wish, step)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    return results.map((result) => result.value)
  }

  async #call({ call, tool, input, effects = [], ask = null, progress = [], content = [], outcome = 'done', refused = [], label = {} }, step) {
    const began = Date.now()
    const at = { call, step }
    const verdict = ask ? 'ask' : refused.length ? 'deny' : 'allow'
    this.tell({ type: 'call.started', call, tool, input })
    const fingerprint = createHash('sha256').update(call).digest('hex')
    this.write('call.decided', { tool, verdict, lines: effects.map((e) => ({ effect: e.effect, verdict: ask ? 'ask' : 'allow', rule: e.rule })), fingerprint }, at)
    let rule = null
    try {
      if (ask) {
        const answer = await this.#ask(call, tool, input, ask, fingerprint, at)
        if (answer === 'interrupted') throw new Stopped()
        if (answer === 'denied') {
          ;[outcome, content] = ['denied', [{ kind: 'text', text: 'the person said no' }]]
          refused = ask.effects.map((effect) => ({ effect, rule: 'the answer of the person' }))
          effects = []
        } else rule = answer === 'session' ? 'allowed for this session' : 'allowed once'
      }
      for (const [text, fraction] of progress) {
        this.tell({ type: 'call.progress', call, text, ...(fraction === undefined ? {} : { fraction }) })
        await this.wait(120)
      }
    } catch (thrown) {
      this.#finish(at, tool, 'cancelled', [{ kind: 'text', text: 'stopped' }], began, label)
      throw thrown
    }
    for (const e of effects) this.#effect(at, { count: 1, bytes: 120, ...e, rule: rule ?? e.rule, decision: 'allowed' })
    for (const e of refused) this.#effect(at, { count: 1, bytes: 0, ...e, decision: 'refused' })
    this.#finish(at, tool, outcome, content, began, label)
    return outcome
  }

  #effect(at, { effect, decision, rule, count, bytes }) {
    this.write('effect', { effect, decision, rule, count, bytes }, at)
    this.tell({ type: 'effect', call: at.call, effect, decision, rule, count })
  }

  #finish(at, tool, outcome, content, began, label) {
    const micros = (Date.now() - began) * 1000 + 340
    this.write('call.finished', { tool, outcome, content, truncated: false, micros, label }, at)
    this.tell({ type: 'call.finished', call: at.call, tool, outcome, content, micros, label })
  }

  // ---- questions

  async #ask(call, tool, input, { effects, changes = null, flow = null, remembered = effects }, fingerprint, at) {
    this.write('approval.requested', { effects, fingerprint, ...(flow ? { flow } : {}) }, at)
    const asked = new Date().toISOString()
    const expires = new Date(Date.now() + 900_000).toISOString()
    const question = { session: this.id, call, tool, input, effects, changes, flow, fingerprint, asked, expires, remembered }
    const answer = await new Promise((resolve) => {
      this.#open.set(call, { question, resolve })
      this.tell({ type: 'approval.requested', call, tool, effects, ...(changes ? { changes } : {}), ...(flow ? { flow } : {}) })
      this.world.changed('questions')
      this.world.changed('sessions')
    })
    this.write('approval.resolved', { answer, fingerprint }, at)
    this.tell({ type: 'approval.resolved', call, answer })
    this.world.changed('questions')
    this.world.changed('sessions')
    return answer
  }

  #resolve(call, answer) {
    const open = this.#open.get(call)
    this.#open.delete(call)
    open?.resolve(answer)
    return open !== undefined
  }

  /** An answer from a page or, in tests, from elsewhere. */
  answer(call, answer, fingerprint = null) {
    const open = this.#open.get(call)
    if (!open || (fingerprint !== null && open.question.fingerprint !== fingerprint)) return false
    return this.#resolve(call, answer === 'no' ? 'denied' : answer)
  }
}
