// Everything the pages may ask of the server, one function per route of the contract.

import { address, call, send } from './request'
import type * as T from './types'

const id = encodeURIComponent
const get = <R>(path: string, query = {}, signal?: AbortSignal) => call<R>('GET', address(path, query), undefined, signal)

export const api = {
  login: (code: string) => call<T.Login>('POST', address('/login'), { code }),
  logout: () => call<void>('POST', address('/logout'), {}),
  code: () => call<T.Code>('POST', address('/codes'), {}),

  status: () => get<T.Status>('/status'),
  doctor: () => get<{ checks: T.Check[] }>('/doctor'),

  sessions: (limit = 50) => get<{ sessions: T.SessionCard[] }>('/sessions', { limit }),
  newSession: (wish: { model?: string; mode?: T.Mode }) => call<T.SessionDetail>('POST', address('/sessions'), wish),
  session: (session: string, signal?: AbortSignal) => get<T.SessionDetail>(`/sessions/${id(session)}`, {}, signal),
  changeSession: (session: string, wish: { model?: string; mode?: T.Mode }) =>
    call<T.SessionDetail>('PATCH', address(`/sessions/${id(session)}`), wish),
  events: (session: string, query: { before?: number; after?: number; limit?: number }) =>
    get<T.EventPage>(`/sessions/${id(session)}/events`, query),
  say: (session: string, text: string, images: { media_type: string; bytes: string }[] = []) =>
    call<unknown>('POST', address(`/sessions/${id(session)}/turns`), images.length ? { text, images } : { text }),
  stop: (session: string) => call<unknown>('POST', address(`/sessions/${id(session)}/stop`), {}),
  trace: (session: string) => get<T.Trace>(`/sessions/${id(session)}/trace`),
  changes: (session: string) => get<{ files: T.FileChange[] }>(`/sessions/${id(session)}/changes`),
  export: (session: string, format: 'json' | 'md') => send('GET', address(`/sessions/${id(session)}/export`, { format })),
  answer: (question: T.Question, answer: 'once' | 'session' | 'no') =>
    call<{ counted: boolean }>('POST', address(`/sessions/${id(question.session)}/questions/${id(question.call)}`), {
      fingerprint: question.fingerprint,
      answer,
    }),
  questions: () => get<{ questions: T.Question[] }>('/questions'),

  tools: () => get<{ tools: T.ToolCard[] }>('/tools'),
  tool: (name: string) => get<T.ToolCard>(`/tools/${id(name)}`),
  matrix: (mode: T.Mode) => get<T.Matrix>('/permissions', { mode }),
  grants: () => get<{ grants: T.Grant[] }>('/grants'),
  grant: (wish: T.NewGrant) => call<T.Grant>('POST', address('/grants'), wish),
  revoke: (grant: string) => call<T.Grant>('DELETE', address(`/grants/${id(grant)}`)),
  explain: (wish: { effect: string; tool?: string; agent?: string; mode?: T.Mode }) =>
    call<T.Why>('POST', address('/policy/explain'), wish),
  trust: () => get<T.Trust>('/trust'),
  trustThis: (digest: string) => call<T.Trust>('POST', address('/trust'), { digest }),
  distrust: () => call<T.Trust>('DELETE', address('/trust')),
  secrets: () => get<{ secrets: T.SecretCard[] }>('/secrets'),
  setSecret: (name: string, secret: { host: string; methods: string[]; value: string }) =>
    call<T.SecretCard>('PUT', address(`/secrets/${id(name)}`), secret),
  removeSecret: (name: string) => call<void>('DELETE', address(`/secrets/${id(name)}`)),

  audit: (query: { session?: string; refused?: boolean; limit?: number; before?: number }) =>
    get<T.AuditPage>('/audit', query),
  touched: (digest: string) => get<{ lines: string[] }>(`/audit/touched/${id(digest)}`),
  verify: () => call<T.Verdict>('POST', address('/audit/verify'), {}),

  folder: (path: string) => get<T.Folder>('/files', { path }),
  findFiles: (q: string, limit = 20, signal?: AbortSignal) =>
    get<{ paths: string[] }>('/files/search', { q, limit }, signal),
  file: (path: string) => get<T.FileContent>('/files/content', { path }),

  models: () => get<{ providers: T.Provider[]; default_model: string | null }>('/models'),
  setKey: (provider: string, value: string) => call<T.Provider>('PUT', address(`/models/${id(provider)}/key`), { value }),
  forgetKey: (provider: string) => call<T.Provider>('DELETE', address(`/models/${id(provider)}/key`)),
  testModel: (model: string) => call<T.ModelTest>('POST', address('/models/test'), { model }),
  settings: () => get<T.Settings>('/settings'),
  saveSettings: (text: string, digest: string) => call<T.Settings>('PUT', address('/settings'), { text, digest }),
}
