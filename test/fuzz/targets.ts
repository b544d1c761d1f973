import type { Target } from './target.ts'
import { connectAnswer } from './targets/connect-answer.ts'
import { handshake } from './targets/handshake.ts'
import { messages } from './targets/messages.ts'
import { policyFiles } from './targets/policy-files.ts'
import { session } from './targets/session.ts'
import { tunnels } from './targets/tunnels.ts'

/** Everything that reads what a peer sends. */
export const targets: readonly Target[] = [messages, handshake, session, tunnels, connectAnswer, policyFiles]
