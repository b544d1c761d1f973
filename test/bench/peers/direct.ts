import type { StartPeer } from './peer.ts'

/** Nothing in between: what the machine and the link can do. */
export const startDirect: StartPeer = async (site, { port }) => ({
  name: 'direct',
  url: `http://${site.farHost}:${port}`,
})

/** The same over TLS, as a client would that reaches the upstream itself. */
export const startHttps: StartPeer = async (site, { httpsPort }) => ({
  name: 'https',
  url: `https://${site.farHost}:${httpsPort}`,
})
