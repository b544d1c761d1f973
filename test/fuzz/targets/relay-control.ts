import assert from 'node:assert/strict'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseRequest } from '../../../relay/control/protocol.ts'
import { ascii, type Target } from '../target.ts'

const members = {
  status: 'command',
  reload: 'allowWidening,command,dryRun,user',
  'signing-keys': 'command',
  'rotate-keys': 'command,now,path,user',
  'access-requests': 'command',
  'end-access-request': 'command,id,reason,user',
}

/** A line on the relay's control socket: a request with nothing in it that is not known, or a refusal. */
export const relayControl: Target = {
  name: 'relay-control',
  seeds: [
    '{"command":"status"}',
    '{"command":"reload","allowWidening":true,"dryRun":false,"user":"root"}',
    '{"command":"signing-keys"}',
    '{"command":"rotate-keys","path":null,"now":true,"user":"root"}',
    '{"command":"access-requests"}',
    '{"command":"end-access-request","id":"1","reason":"x","user":"root"}',
  ].map(ascii),
  words: ['"command"', '"reload"', '"status"', '"__proto__"', 'true', 'null', '{', '}', ',', ':', '""'].map(
    ascii,
  ),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x2c),
  run(input) {
    try {
      const request = parseRequest(Buffer.from(input).toString())
      const keys = Object.keys(request).sort().join()
      assert.equal(keys, members[request.command])
    } catch (error) {
      assert.ok(error instanceof JetwayError && error.code === 'USAGE')
    }
  },
}
