import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { run } from '../../../build/setup/run.ts'
import { freePort } from '../../../demo/free-port.ts'
import { isMissing, type StartPeer } from './peer.ts'

const nginx = '/usr/sbin/nginx'
const name = 'nginx + JWT'

/** What a company would build without a tunnel: nginx with TLS that has every request's token checked. */
export const startNginx: StartPeer = async (site, upstream) => {
  const folder = join(site.folder, 'nginx')
  await mkdir(folder)
  const at = (file: string) => join(folder, file)
  try {
    await run(nginx, ['-v'])
  } catch (error) {
    if (!isMissing(error)) throw error
    return { name, reason: 'nginx is not installed' }
  }
  const [port, checkPort] = [await freePort(), await freePort()]
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  await writeFile(at('key.json'), JSON.stringify(await exportJWK(publicKey)))
  site.far.start(
    'JWT check',
    process.execPath,
    [join(import.meta.dirname, 'jwt-check.ts'), String(checkPort), at('key.json')],
    {
      logFile: at('check.log'),
    },
  )
  await site.listening('far', checkPort, '127.0.0.1')
  const config = `${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes auto;
pid ${at('pid')};
error_log stderr;
events {}
http {
  access_log off;
  client_max_body_size 0;
  # A load generator asks more often on one connection than people do.
  keepalive_requests 1000000000;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_max_temp_file_size 0;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${at(kind)};`).join('\n  ')}
  upstream airflow { server ${site.farHost}:${upstream.port}; keepalive 64; keepalive_requests 1000000000; }
  upstream check { server 127.0.0.1:${checkPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen ${site.farHost}:${port} ssl;
    ssl_certificate ${site.certificate.cert};
    ssl_certificate_key ${site.certificate.key};
    location / {
      auth_request /check;
      proxy_request_buffering off;
      proxy_pass http://airflow;
    }
    location = /check {
      internal;
      proxy_pass http://check;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }
}
`
  await writeFile(at('nginx.conf'), config)
  site.far.start(
    'nginx',
    nginx,
    ['-p', folder, '-e', 'stderr', '-c', at('nginx.conf'), '-g', 'daemon off;'],
    {
      logFile: at('nginx.log'),
    },
  )
  await site.listening('far', port)
  const token = await new SignJWT({ sub: 'ana', groups: ['data-eng'] })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer('bench')
    .setAudience('airflow')
    .setExpirationTime('1d')
    .sign(privateKey)
  return { name, url: `https://${site.farHost}:${port}`, token }
}
