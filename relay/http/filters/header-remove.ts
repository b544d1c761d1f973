import { editsOf, headerMistake, headerName, side } from '../header-edits.ts'
import { filterKind } from './filter.ts'

/** Takes a header out of the request to the upstream or out of its answer. */
export const headerRemove = filterKind(
  'header-remove',
  'Takes a header out.',
  {
    on: side.default('request').describe('Whose: of the request to the upstream, or of its answer.'),
    name: headerName.describe('Which. What says who asks, or frames a message, is refused.'),
  },
  ({ on, name }) =>
    (next) =>
    (exchange) => {
      editsOf(exchange)[on].set(name, null)
      return next(exchange)
    },
  headerMistake,
)
