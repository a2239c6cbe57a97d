import { describe, expect, it, vi } from 'vitest'
import { api } from '#src/api/client'
import type { components } from '#src/api/generated'
import type * as Ours from '#src/api/types'
import description from '../../../docs/openapi.json'

type Theirs = components['schemas']
/** `true` when ours has the same fields, each of a type that the server's includes; else the fields that differ. */
type Agree<Mine, Sent> = [keyof Mine, keyof Sent] extends [keyof Sent, keyof Mine]
  ? { [K in keyof Mine]: K extends keyof Sent ? (Mine[K] extends Sent[K] ? never : K) : K }[keyof Mine] extends never
    ? true
    : { [K in keyof Mine]: K extends keyof Sent ? (Mine[K] extends Sent[K] ? never : K) : K }[keyof Mine]
  : [Exclude<keyof Mine, keyof Sent>, Exclude<keyof Sent, keyof Mine>]

/** The compiler reads this table: a type that drifted from the server's description does not pass `npm run check`. */
const agreed: {
  AuditPage: Agree<Ours.AuditPage, Theirs['AuditPage']>
  Cell: Agree<Ours.Cell, Theirs['Cell']>
  Check: Agree<Ours.Check, Theirs['Check']>
  Code: Agree<Ours.Code, Theirs['Code']>
  ContextPart: Agree<Ours.ContextPart, Theirs['ContextPart']>
  Entry: Agree<Ours.Entry, Theirs['Entry']>
  EventPage: Agree<Ours.EventPage, Theirs['EventPage']>
  FileChange: Agree<Ours.FileChange, Theirs['FileChange']>
  FileContent: Agree<Ours.FileContent, Theirs['FileContent']>
  Folder: Agree<Ours.Folder, Theirs['FolderListing']>
  Grant: Agree<Ours.Grant, Theirs['Grant']>
  Login: Agree<Ours.Login, Theirs['Login']>
  Matrix: Agree<Ours.Matrix, Theirs['Matrix']>
  ModelTest: Agree<Ours.ModelTest, Theirs['ModelTest']>
  Problem: Agree<Ours.Problem, Theirs['Problem']>
  Provider: Agree<Ours.Provider, Theirs['Provider']>
  Question: Agree<Ours.Question, Theirs['Question']>
  SecretCard: Agree<Ours.SecretCard, Theirs['SecretCard']>
  SessionCard: Agree<Ours.SessionCard, Theirs['SessionCard']>
  SessionDetail: Agree<Ours.SessionDetail, Theirs['SessionDetail']>
  Settings: Agree<Ours.Settings, Theirs['Settings']>
  Span: Agree<Ours.Span, Theirs['Span']>
  Status: Agree<Ours.Status, Theirs['Status']>
  ToolCard: Agree<Ours.ToolCard, Theirs['ToolCard']>
  Trace: Agree<Ours.Trace, Theirs['Trace']>
  TraceTurn: Agree<Ours.TraceTurn, Theirs['TraceTurn']>
  Trust: Agree<Ours.Trust, Theirs['Trust']>
  Verdict: Agree<Ours.Verdict, Theirs['Verdict']>
  Why: Agree<Ours.Why, Theirs['Why']>
} = {
  AuditPage: true, Cell: true, Check: true, Code: true, ContextPart: true, Entry: true, EventPage: true, FileChange: true,
  FileContent: true, Folder: true, Grant: true, Login: true, Matrix: true, ModelTest: true, Problem: true, Provider: true,
  Question: true, SecretCard: true, SessionCard: true, SessionDetail: true, Settings: true, Span: true, Status: true,
  ToolCard: true, Trace: true, TraceTurn: true, Trust: true, Verdict: true, Why: true,
}

describe('the client and the server’s description', () => {
  it('agree on every type, which the compiler has seen', () => expect(Object.values(agreed).every((same) => same === true)).toBe(true))

  it('agree on every route that a page asks for', async () => {
    const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`) })),
    )
    const asked: string[] = []
    vi.stubGlobal('fetch', (url: string, { method }: { method: string }) => {
      asked.push(`${method} ${url.split('?')[0]}`)
      return Promise.resolve(new Response('{}'))
    })
    // Whatever a function wants as arguments, its route is the same.
    const anything = { session: 's', call: 'c', fingerprint: 'f', toString: () => 'x' }
    for (const ask of Object.values(api)) await (ask as (...args: unknown[]) => Promise<unknown>)(anything, anything, anything).catch(() => null)
    vi.unstubAllGlobals()
    const unknown = asked.filter((one) => !routes.some(({ method, path }) => one.startsWith(`${method} `) && path.test(one.slice(method.length + 1))))
    expect(asked.length).toBe(Object.keys(api).length)
    expect(unknown).toEqual([])
  })
})
