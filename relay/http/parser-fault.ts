import { JetwayError } from '#shared/errors/jetway-error.ts'

/** What a person is told of what the parser found. */
const reasons: Readonly<Record<string, string>> = {
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'The chunk extensions are too long.',
  HPE_CLOSED_CONNECTION: 'There is more after the last request of the connection.',
  HPE_CR_EXPECTED: 'A line does not end with CR LF.',
  HPE_HEADER_OVERFLOW: 'The headers are too long.',
  HPE_INVALID_CHUNK_SIZE: 'The size of a chunk is not valid.',
  HPE_INVALID_CONTENT_LENGTH: 'The content-length is not valid.',
  HPE_INVALID_HEADER_TOKEN: 'A header is not valid.',
  HPE_INVALID_METHOD: 'The method is not valid.',
  HPE_INVALID_TRANSFER_ENCODING: 'The transfer-encoding is not valid.',
  HPE_INVALID_URL: 'The address is not valid.',
  HPE_INVALID_VERSION: 'The version is not valid.',
  HPE_LF_EXPECTED: 'A line does not end with CR LF.',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'There is more than one content-length.',
}

/** What is wrong with bytes that Node's parser gave up on; null where it was not the bytes. */
export function parserFault(error: NodeJS.ErrnoException): JetwayError | null {
  const { code = '' } = error
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new JetwayError('TOO_SLOW', {}, { cause: error })
  const reason = reasons[code] ?? (code.startsWith('HPE_') ? 'These bytes are no HTTP.' : null)
  return reason === null ? null : new JetwayError('BAD_REQUEST', { reason }, { cause: error })
}
