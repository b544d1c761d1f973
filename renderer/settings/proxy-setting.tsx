import { useState } from 'react'
import { Form } from 'react-aria-components'
import { Button } from '../components/button.tsx'
import { Select } from '../components/select.tsx'
import { TextField } from '../components/text-field.tsx'

interface ProxySettingProps {
  /** `system`, `none`, or a URL. */
  readonly proxy: string
  readonly onChange: (proxy: string) => void
}

const ways = [
  { id: 'system', label: 'As this computer' },
  { id: 'none', label: 'Without one' },
  { id: 'own', label: 'One of your own' },
] as const

type Way = (typeof ways)[number]['id']

/** How Jetway gets out of the company's network. */
export function ProxySetting({ proxy, onChange }: ProxySettingProps) {
  const set: Way = proxy === 'system' || proxy === 'none' ? proxy : 'own'
  const [way, setWay] = useState<Way>(set)
  const [typed, setTyped] = useState(set === 'own' ? proxy : '')
  const [invalid, setInvalid] = useState(false)
  return (
    <div className="setting">
      <Select
        label="Proxy"
        value={way}
        options={ways}
        onChange={(chosen) => {
          setWay(chosen)
          if (chosen !== 'own') onChange(chosen)
        }}
      />
      {way === 'own' && (
        <Form
          className="setting-form"
          onSubmit={(event) => {
            event.preventDefault()
            const url = proxyUrlOf(typed)
            setInvalid(url === null)
            if (url !== null) onChange(url)
          }}
        >
          <TextField
            label="Address of the proxy"
            placeholder="http://proxy.example.com:3128"
            value={typed}
            onChange={(text) => {
              setTyped(text)
              setInvalid(false)
            }}
            error={invalid ? 'Type an address like http://proxy.example.com:3128, without a password' : null}
            inputMode="url"
          />
          <Button type="submit">Use it</Button>
        </Form>
      )}
    </div>
  )
}

/** The URL of an HTTP proxy without user and password, with `http://` where nothing is said; null for anything else. */
export function proxyUrlOf(typed: string): string | null {
  const text = typed.trim()
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (text === '' || !URL.canParse(full)) return null
  const url = new URL(full)
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  return isHttp && url.username === '' && url.password === '' && url.hostname !== '' ? url.origin : null
}
