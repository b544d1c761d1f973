import type { ComponentType } from 'react'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import type { Ask } from '../use-desktop.ts'
import type { Wanted } from '../wanted.ts'
import { AccessScreen } from './access.tsx'
import { Activity } from './activity.tsx'
import { Diagnostics } from './diagnostics.tsx'
import { Overview } from './overview.tsx'

export interface ScreenProps {
  readonly environment: EnvironmentStatus
  readonly desktop: DesktopState
  /** Asks main; what fails is shown above the tabs. */
  readonly ask: Ask
  /** What the person has come for, from outside the window; null for nothing particular. */
  readonly wanted: Wanted | null
}

export interface Screen {
  readonly id: string
  readonly title: string
  readonly Screen: ComponentType<ScreenProps>
}

/** The tabs of an environment, in their order: a file each. Each is made anew for another environment. */
export const screens: readonly [Screen, ...Screen[]] = [
  { id: 'overview', title: 'Overview', Screen: Overview },
  { id: 'activity', title: 'Activity', Screen: Activity },
  { id: 'access', title: 'Access', Screen: AccessScreen },
  { id: 'diagnostics', title: 'Diagnostics', Screen: Diagnostics },
]
