const maxElements = 5000
const maxDepth = 24
const maxAttributes = 32

/**
 * Refuses, before any parser sees it, XML that says more than elements, attributes and text, or that takes a parser too
 * long: no DOCTYPE, no comments, processing instructions or CDATA sections (a comment within a name splits it for some
 * readers and joins it for others), bounded size, depth and counts.
 *
 * @param o.comments whether comments may be there, for what people write by hand
 * @throws Error with what is wrong, for the log only
 */
export function requirePlainXml(xml: string, o: { maxChars: number; comments?: boolean }): void {
  if (xml.length > o.maxChars) throw new Error('the XML is too large')
  let at = /^\s*(<\?xml [^<>?]*\?>\s*)?/.exec(xml)?.[0].length ?? 0
  let [depth, elements] = [0, 0]
  for (at = xml.indexOf('<', at); at >= 0; at = xml.indexOf('<', at)) {
    if (o.comments && xml.startsWith('<!--', at)) {
      at = endOf(xml, '-->', at)
      continue
    }
    if (xml[at + 1] === '!' || xml[at + 1] === '?')
      throw new Error('the XML has a DOCTYPE, a comment, CDATA or a processing instruction')
    const end = endOfTag(xml, at)
    if (xml[at + 1] === '/') depth -= 1
    else {
      elements += 1
      if (xml[end - 2] !== '/') depth += 1
    }
    if (depth > maxDepth || elements > maxElements)
      throw new Error('the XML is too deep, or has too many elements')
    at = end
  }
  if (depth !== 0 || elements === 0) throw new Error('the XML is not complete')
}

/** Where a tag ends that begins at `start`; a `>` in a quoted value does not end it. */
function endOfTag(xml: string, start: number): number {
  let attributes = 0
  for (let at = start + 1; at < xml.length; at += 1) {
    const c = xml[at]
    if (c === '>') return at + 1
    if (c === '<') break
    if (c !== '"' && c !== "'") continue
    attributes += 1
    if (attributes > maxAttributes) throw new Error('an element has too many attributes')
    const end = endOf(xml, c, at + 1)
    // XML 1.0 §3.1: not there in any other way than as a reference.
    if (xml.slice(at, end).includes('<')) throw new Error('a value has a tag in it')
    at = end - 1
  }
  throw new Error('the XML is not complete')
}

function endOf(xml: string, what: string, from: number): number {
  const at = xml.indexOf(what, from)
  if (at < 0) throw new Error('the XML is not complete')
  return at + what.length
}
