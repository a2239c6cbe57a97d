// A program that says its address in the first line and then works until it is ended.

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export class Child {
  /** The first line of its output. */
  readonly line: string
  private readonly process: ChildProcess

  private constructor(process: ChildProcess, line: string) {
    this.process = process
    this.line = line
  }

  static async start(program: string, args: string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Child> {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let told = ''
    child.stderr.on('data', (piece: Buffer) => (told += piece.toString()))
    const line = await new Promise<string>((done, fail) => {
      createInterface(child.stdout).once('line', done)
      child.once('error', fail)
      child.once('exit', (code) => fail(new Error(`${program} ended (${code}) before it said where it is: ${told}`)))
    })
    return new Child(child, line)
  }

  /** Ends it at once, as a power cut would, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const gone = new Promise((done) => this.process.once('exit', done))
    this.process.kill('SIGKILL')
    await gone
  }
}
