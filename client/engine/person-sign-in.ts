import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { type Problem, problemOf } from '#shared/errors/problem.ts'
import type { Person } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { Challenge } from '#shared/protocol/challenge.ts'
import { AwsCredentials } from '../auth/aws/credentials.ts'
import { Credentials } from '../auth/credentials.ts'
import { MachineCredentials } from '../auth/machine/credentials.ts'
import type { MachineIdentity } from '../auth/machine/machine-identity.ts'
import { oidcOf } from '../auth/provider.ts'
import type { WishedSignIn } from '../auth/step-up.ts'
import type { TokenStore } from '../auth/token-store.ts'
import type { SavedEnvironment } from '../environments.ts'
import { type Show, SigningIn } from './signing-in.ts'
import type { PresentedToken } from './with-access-token.ts'

type Aws = SavedEnvironment['aws']

/** How someone would sign in. */
export interface SignInWay {
  /** On another device (RFC 8628). */
  readonly device: boolean
  /** Once more, although the provider knows them. */
  readonly fresh: boolean
  /** By the machine's AWS identity, or null for a person; as the last time where it is not given. */
  readonly aws?: Aws | undefined
}

export interface PersonSignInOptions {
  readonly environment: string
  /** The name under which the store keeps it: the relay's address. */
  readonly account: string
  readonly store: TokenStore
  /** How it was done the last time. */
  readonly aws: Aws
  /** What this machine has to say who it is; null where a person signs in, or AWS says it. */
  readonly machine: MachineIdentity | null
  /** What the relay says now. */
  readonly discover: () => Promise<DiscoveryDocument>
  readonly ca: () => string | null
  readonly onChange: () => void
  /** Someone has signed in: what is connected goes on with that. */
  readonly onSignedIn: () => void
}

/** Who signs in to an environment, a person or this machine: who it is, one sign-in at a time, and what takes another one. */
export class PersonSignIn {
  readonly #options: PersonSignInOptions
  readonly #credentials: Credentials
  #signingIn: SigningIn | null = null
  #stepUp: Challenge | null = null
  /** The provider or the relay ended the sign-in, and nobody has signed in or out since. */
  #ended: JetwayError | null = null
  /** The relay ended the sign-in before: that the provider remembers it will not do. */
  #mustBeFresh = false
  #aws: Aws
  /** Set where this machine signs in, not a person. */
  #machine: AwsCredentials | MachineCredentials | null

  constructor(options: PersonSignInOptions) {
    this.#options = options
    this.#aws = options.aws
    this.#machine = this.#machineBy(options.aws)
    this.#credentials = new Credentials(options)
  }

  get person(): Person | null {
    return this.#machine ? this.#machine.person : this.#credentials.person
  }

  /** How it was done the last time: by the machine's AWS identity, or null for a person. */
  get aws(): Aws {
    return this.#aws
  }

  /** A machine can sign in at any time. */
  get signedIn(): boolean {
    return this.#machine !== null || this.#credentials.signedIn
  }

  /** When it ends whatever is done; null where that is not known. */
  get ends(): Date | null {
    return this.#machine ? null : this.#credentials.ends
  }

  get signingIn(): boolean {
    return this.#signingIn !== null
  }

  /** What takes another sign-in; null for nothing. It comes once, and stays until there is one. */
  get stepUp(): Problem | null {
    if (this.#ended) return problemOf(this.#ended)
    if (this.#stepUp === null) return null
    const { code, detail } = this.#stepUp
    return problemOf(JetwayError.fromPeer(code, detail, 'Sign in again, and repeat what you did.'))
  }

  load(): Promise<void> {
    return this.#credentials.load()
  }

  /** A keychain answers that did not until now. */
  async restore(): Promise<void> {
    await this.#credentials.restore()
    this.#options.onChange()
  }

  /** The relay refused something for want of a fresher or stronger sign-in. The last one counts. */
  needStepUp(challenge: Challenge): void {
    // A machine cannot sign in in another way.
    if (this.#machine) return
    this.#stepUp = challenge
    this.#options.onChange()
  }

  /** @throws as `accessToken` of Credentials and AwsCredentials; SIGN_IN_ENDED, SESSION_ENDED as long as that is what happened last */
  async accessToken(document: DiscoveryDocument, unlike?: string): Promise<PresentedToken> {
    const { ca: caOf, store, onChange } = this.#options
    const ca = caOf()
    if (this.#machine) return this.#machine.accessToken(document, ca, unlike)
    const { problem } = store
    try {
      return await this.#credentials.accessToken(oidcOf(document), ca, unlike)
    } catch (error) {
      const known = asJetwayError(error)
      if (known.code === 'SIGN_IN_ENDED' && this.#ended === null) {
        this.#ended = known
        onChange()
      }
      throw known.code === 'SIGN_IN_REQUIRED' && this.#ended ? this.#ended : known
    } finally {
      // A renewal finds out that the keychain has been locked.
      if (store.problem !== problem) onChange()
    }
  }

  /** The relay takes nothing more that comes of this sign-in. @param error that says so */
  async wasEnded(error: JetwayError): Promise<void> {
    // A machine says anew who it is.
    if (this.#machine) return
    this.#mustBeFresh = true
    this.#ended = error
    await this.#credentials.ended()
    this.#options.onChange()
  }

  /** Joins a sign-in that is under way. @throws as sign-in.ts, device-sign-in.ts, aws/credentials.ts and discovery.ts */
  async signIn(show: Show, way: SignInWay): Promise<void> {
    await (this.#signingIn ?? this.#begin(way)).join(show)
  }

  cancel(): void {
    this.#signingIn?.cancel()
  }

  /** @returns where a browser ends the provider's session as well; null where that cannot be done */
  async signOut(): Promise<string | null> {
    this.#stepUp = null
    this.#ended = null
    this.#signInBy(null)
    return this.#credentials.signOut(this.#options.ca())
  }

  /** Ends what is under way; a refresh is waited for, since its answer is the sign-in. */
  async close(): Promise<void> {
    this.cancel()
    await this.#credentials.settled()
  }

  #begin({ device, fresh, aws = this.#aws }: SignInWay): SigningIn {
    const { discover, ca, onChange, onSignedIn } = this.#options
    const signingIn = new SigningIn(async (o) => {
      try {
        const document = await discover()
        const machine = this.#machineBy(aws)
        if (machine) await machine.accessToken(document, ca())
        else {
          const how = {
            device,
            wished: this.#wished(fresh || this.#mustBeFresh),
            same: this.#stepUp !== null,
          }
          await this.#credentials.signIn(oidcOf(document), ca(), { ...o, ...how })
        }
        this.#signInBy(aws, machine)
        this.#stepUp = null
        this.#ended = null
        this.#mustBeFresh = false
        onSignedIn()
      } catch (error) {
        throw asJetwayError(error)
      } finally {
        this.#signingIn = null
        onChange()
      }
    })
    this.#signingIn = signingIn
    onChange()
    return signingIn
  }

  #signInBy(aws: Aws, machine = this.#machineBy(aws)): void {
    this.#aws = aws
    this.#machine = machine
  }

  #machineBy(aws: Aws): AwsCredentials | MachineCredentials | null {
    const { machine: identity, account: relayUrl } = this.#options
    if (identity) return new MachineCredentials({ identity, relayUrl })
    return aws && new AwsCredentials({ relayUrl, region: aws.region })
  }

  #wished(fresh: boolean): WishedSignIn | null {
    if (!fresh && this.#stepUp === null) return null
    const { acrValues = null, maxAge = null } = this.#stepUp ?? {}
    return { acrValues, maxAge, loginHint: this.person?.email ?? null }
  }
}
