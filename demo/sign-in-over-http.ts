import { passwordOf } from './provider/people.ts'

const maxSteps = 12

/**
 * Signs someone in as their browser would: follows the provider's redirects with its cookies, fills in the login
 * form, and follows on to the loopback listener that waits for the code. A sign-in on another device is confirmed.
 */
export async function signInOverHttp(url: string, user: string): Promise<void> {
  const cookies = new Map<string, string>()
  const ask = async (target: string, init: RequestInit = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(target, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, cookie },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return response
  }
  let target = url
  let response = await ask(target)
  for (let i = 0; i < maxSteps; i += 1) {
    const location = response.headers.get('location')
    if (location !== null) {
      target = new URL(location, target).href
      response = await ask(target)
      continue
    }
    const text = await response.text()
    const [form, action] = /<form\b[^>]*\baction="([^"]+)"[\s\S]*?<\/form>/.exec(text) ?? []
    if (form === undefined || action === undefined) {
      if (response.ok) return
      throw new Error(`the sign-in ended with status ${response.status}`)
    }
    target = new URL(action.replaceAll('&amp;', '&'), target).href
    response = await ask(target, {
      method: 'POST',
      body: new URLSearchParams({ ...hiddenIn(form), username: user, password: passwordOf(user) }),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  }
  throw new Error('the sign-in goes round in circles')
}

function hiddenIn(form: string): Record<string, string> {
  const inputs = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}
