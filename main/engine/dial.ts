import { dialControl } from '#client/control/control-client.ts'
import { controlSocketPath, jetwayHome } from '#client/home.ts'
import type { DialEngine } from './link.ts'

/** Connects to the engine of this person, whoever started it. */
export const dialEngine: DialEngine = (listener) => dialControl(controlSocketPath(jetwayHome()), listener)
