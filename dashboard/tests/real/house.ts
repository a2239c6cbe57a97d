// A home and a workspace of their own, the scripted model, and the real program on them.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Child } from './child'
import { named } from './found'

/** A reply of the scripted model: see docs/scripted-model.md. */
export interface Reply {
  expect?: string[]
  thinking?: string
  text?: string
  calls?: { tool: string; input: unknown }[]
  pause_ms?: number
  [more: string]: unknown
}

interface Asked {
  call: string
  fingerprint: string
}

/** Asks again and again, for a minute. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come in a minute')
    await new Promise((done) => setTimeout(done, 10))
  }
}

export class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'boxagnts-real-'))
  readonly home = join(this.folder, 'home')
  readonly workspace = join(this.folder, 'workspace')
  private model: Child | null = null
  private server: Child | null = null
  /** Where the program asks its model, when that is not the scripted one itself. */
  modelAddress: string | null = null

  constructor() {
    mkdirSync(this.home)
    mkdirSync(this.workspace)
  }

  private get env(): NodeJS.ProcessEnv {
    const base = this.modelAddress ?? this.model?.line
    return { HOME: this.home, ...(base ? { OPENAI_BASE_URL: base } : {}) }
  }

  write(path: string, content: string | Uint8Array): void {
    const whole = join(this.workspace, path)
    mkdirSync(dirname(whole), { recursive: true })
    writeFileSync(whole, content)
  }

  /** Text of a file of the workspace; null when there is none. */
  read(path: string): string | null {
    const whole = join(this.workspace, path)
    return existsSync(whole) ? readFileSync(whole, 'utf8') : null
  }

  /** Rules and settings of the user. */
  settings(toml: string): void {
    const folder = join(this.home, '.config/boxagnts')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'config.toml'), toml)
  }

  /** Starts the scripted model; gives its address. */
  async script(replies: Reply[], more: Record<string, unknown> = {}): Promise<string> {
    const script = join(this.folder, 'script.json')
    writeFileSync(script, JSON.stringify({ model: 'x', replies, ...more }))
    const args = ['--script', script, '--record', join(this.folder, 'requests.jsonl')]
    this.model = await Child.start(named('BOXAGNTS_SCRIPTED_MODEL'), args, {}, this.folder)
    return this.model.line
  }

  /** Starts the server, at the same port as before if it ran already. */
  async start(): Promise<void> {
    const port = this.server ? new URL(this.link).port : '0'
    const args = ['--port', port, ...(this.model ? ['--model', 'openai/x'] : [])]
    this.server = await Child.start(named('BOXAGNTS_BIN'), args, this.env, this.workspace)
  }

  /** The link that the server printed. */
  get link(): string {
    if (!this.server) throw new Error('the server was not started')
    return this.server.line.trim()
  }

  get origin(): string {
    return new URL(this.link).origin
  }

  async kill(): Promise<void> {
    await this.server?.kill()
  }

  /** Runs the program to its end, as a person in a terminal would; gives what it printed. */
  run(...args: string[]): Promise<string> {
    return new Promise((done, fail) => {
      execFile(named('BOXAGNTS_BIN'), args, { env: this.env, cwd: this.workspace }, (error, out, told) =>
        error ? fail(new Error(`${args.join(' ')}: ${told}`)) : done(out.trim()),
      )
    })
  }

  /** A fresh link. */
  fresh(): Promise<string> {
    return this.run('open')
  }

  /** Asks the server as a program of this user does, with the token of its file; gives what it answers. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const servers = join(this.home, '.local/state/boxagnts/servers')
    const [workspace] = readdirSync(servers)
    const { token } = JSON.parse(readFileSync(join(servers, workspace ?? '', 'server.json'), 'utf8')) as { token: string }
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const reply = await fetch(`${this.origin}/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
    return (text === '' ? null : JSON.parse(text)) as T
  }

  /** A new session in which this was said and answered; gives its id. */
  async session(words: string, wish: { mode?: string } = {}): Promise<string> {
    const { id } = await this.ask<{ id: string }>('POST', '/sessions', wish)
    await this.ask('POST', `/sessions/${id}/turns`, { text: words })
    await this.idle(id)
    return id
  }

  /** Waits until a session has nothing to do. */
  async idle(id: string): Promise<void> {
    await until(async () => (await this.ask<{ state: string }>('GET', `/sessions/${id}`)).state === 'idle')
  }

  /** Waits until something is asked; gives what is. */
  async questions(): Promise<Asked[]> {
    let asked: Asked[] = []
    await until(async () => {
      asked = (await this.ask<{ questions: Asked[] }>('GET', '/questions')).questions
      return asked.length > 0
    })
    return asked
  }

  /** What the model was asked so far. */
  requests(): { body: { messages: unknown[] }; violations: string[] }[] {
    const record = join(this.folder, 'requests.jsonl')
    if (!existsSync(record)) return []
    return readFileSync(record, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  }

  async end(): Promise<void> {
    await this.server?.kill()
    await this.model?.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
