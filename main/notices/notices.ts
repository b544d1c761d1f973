import type { Problem } from '#shared/errors/problem.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'

/** Something that only the person can do, to be said outside the window. */
export interface Notice {
  readonly environment: string
  readonly problem: Problem
}

/**
 * What to tell the person, given all states one after the other: that a sign-in is needed, once for each time that it is,
 * however many connections wait for it.
 */
export class Notices {
  /** Environments of which it was said, until there is a sign-in again. */
  readonly #said = new Set<string>()

  next(state: DesktopState): readonly Notice[] {
    // An engine that starts again knows of none at first.
    if (state.engine !== 'running') return []
    return state.environments.flatMap((environment) => {
      const { name, stepUp } = environment
      if (stepUp === null) {
        this.#said.delete(name)
        return []
      }
      if (this.#said.has(name) || environment.signingIn) return []
      this.#said.add(name)
      return [{ environment: name, problem: stepUp }]
    })
  }
}

/** What a click on a notice does: both join a sign-in that is under way, so there is one page whatever else is clicked. */
export function actionOf(environment: Pick<EnvironmentStatus, 'state'> | undefined): 'signIn' | 'connect' {
  return environment?.state === 'disconnected' ? 'connect' : 'signIn'
}
