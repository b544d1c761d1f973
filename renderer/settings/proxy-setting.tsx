import { useState } from 'react'
import { Form } from 'react-aria-components'
import { Button } from '../components/button.tsx'
import { Select } from '../components/select.tsx'
import { TextField } from '../components/text-field.tsx'
import { typedOrigin } from '../typed-origin.ts'

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
  const isUsed = typedOrigin(typed, 'http') === proxy
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
            const url = typedOrigin(typed, 'http')
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
          <Button type="submit" isDisabled={isUsed}>
            {isUsed ? 'In use' : 'Use it'}
          </Button>
        </Form>
      )}
    </div>
  )
}
