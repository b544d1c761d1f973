import { z } from 'zod'
import { editsOf, headerMistake, headerName, side } from '../header-edits.ts'
import { filterKind } from './filter.ts'

/** Sets a header of the request to the upstream or of its answer, in place of any of that name. */
export const headerSet = filterKind(
  'header-set',
  'Sets a header, in place of any of that name.',
  {
    on: side.default('request').describe('Whose: of the request to the upstream, or of its answer.'),
    name: headerName.describe('Which. What says who asks, or frames a message, is refused.'),
    value: z
      .string()
      .regex(/^[\x20-\x7e]{0,4096}$/, 'printable ASCII')
      .describe('To what.'),
  },
  ({ on, name, value }) =>
    (next) =>
    (exchange) => {
      editsOf(exchange)[on].set(name, value)
      return next(exchange)
    },
  headerMistake,
)
