import { parseDomFromString } from '@node-saml/node-saml/lib/xml.js'

export const protocolNamespace = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const assertionNamespace = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const metadataNamespace = 'urn:oasis:names:tc:SAML:2.0:metadata'
export const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#'

/** What is used of a DOM element; node-saml's own parser makes them. */
export interface Element {
  readonly nodeType: number
  readonly namespaceURI: string | null
  readonly localName: string
  readonly textContent: string
  readonly parentNode: Element
  readonly childNodes: ArrayLike<Element>
  readonly attributes: ArrayLike<{ readonly name: string; readonly value: string }>
  getAttribute(name: string): string
  hasAttribute(name: string): boolean
}

const elementNode = 1
const textNode = 3

/** @throws Error when it is not well formed, or its root is another one */
export async function parseRoot(xml: string, namespace: string, ...names: string[]): Promise<Element> {
  const { documentElement: root } = (await parseDomFromString(xml)) as unknown as { documentElement: Element }
  if (root.namespaceURI !== namespace || !names.includes(root.localName))
    throw new Error(`the root is ${root.localName} of ${root.namespaceURI}`)
  return root
}

/** The elements within one, itself first. */
export function* everyElement(element: Element): Generator<Element> {
  yield element
  for (const child of elementsOf(element)) yield* everyElement(child)
}

export function elementsOf(element: Element): Element[] {
  return Array.from(element.childNodes).filter(({ nodeType }) => nodeType === elementNode)
}

export function childrenOf(element: Element, namespace: string, name: string): Element[] {
  return elementsOf(element).filter((child) => child.namespaceURI === namespace && child.localName === name)
}

/** @throws Error unless there is exactly one */
export function onlyChild(element: Element, namespace: string, name: string): Element {
  const [child, ...others] = childrenOf(element, namespace, name)
  if (!child || others.length > 0) throw new Error(`${element.localName} has not exactly one ${name}`)
  return child
}

/** The text of an element that has nothing but text. @throws Error when it has more, or none */
export function textOf(element: Element): string {
  if (Array.from(element.childNodes).some(({ nodeType }) => nodeType !== textNode))
    throw new Error(`${element.localName} has more than text`)
  const text = element.textContent
  if (text.trim() === '') throw new Error(`${element.localName} is empty`)
  return text
}

/** Null where it is not there. */
export function attributeOf(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null
}
