import type { Target } from './target.ts'
import { accessRequestTexts } from './targets/access-requests.ts'
import { activityLines } from './targets/activity-lines.ts'
import { awsProof } from './targets/aws-proof.ts'
import { bodies } from './targets/bodies.ts'
import { claims } from './targets/claims.ts'
import { companyFile } from './targets/company-file.ts'
import { connectAnswer } from './targets/connect-answer.ts'
import { deepLinks } from './targets/deep-links.ts'
import { dpopProof } from './targets/dpop-proof.ts'
import { evidence } from './targets/evidence.ts'
import { handshake } from './targets/handshake.ts'
import { httpConnection } from './targets/http-connection.ts'
import { machineTokens } from './targets/machine-tokens.ts'
import { messages } from './targets/messages.ts'
import { pacAnswers } from './targets/pac-answers.ts'
import { policyFiles } from './targets/policy-files.ts'
import { relayControl } from './targets/relay-control.ts'
import { saml } from './targets/saml.ts'
import { securityEvents } from './targets/security-events.ts'
import { session } from './targets/session.ts'
import { signedHeaders } from './targets/signed-headers.ts'
import { tunnels } from './targets/tunnels.ts'
import { updateFeed } from './targets/update-feed.ts'

/** Everything that reads what a peer sends. */
export const targets: readonly Target[] = [
  messages,
  handshake,
  session,
  tunnels,
  connectAnswer,
  claims,
  dpopProof,
  policyFiles,
  companyFile,
  deepLinks,
  pacAnswers,
  relayControl,
  httpConnection,
  evidence,
  securityEvents,
  bodies,
  awsProof,
  machineTokens,
  saml,
  signedHeaders,
  activityLines,
  accessRequestTexts,
  updateFeed,
]
