import { schedulerWith } from '#shared/protocol/scheduler.ts'

export const scheduler = schedulerWith(setImmediate)
