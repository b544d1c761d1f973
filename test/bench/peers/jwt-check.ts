/** `node jwt-check.ts <port> <key.json>`: says 204 to nginx's auth_request where the bearer token is good, else 401. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { importJWK, type JWK, jwtVerify } from 'jose'

const [port, keyFile] = process.argv.slice(2) as [string, string]
const key = await importJWK(JSON.parse(readFileSync(keyFile, 'utf8')) as JWK, 'EdDSA')

const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
  const isGood = await jwtVerify(token, key, { issuer: 'bench', audience: 'airflow' }).then(
    () => true,
    () => false,
  )
  response.writeHead(isGood ? 204 : 401).end()
})
server.listen(Number(port), '127.0.0.1')
