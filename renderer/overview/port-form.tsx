import { useState } from 'react'
import { Form } from 'react-aria-components'
import type { Problem } from '#shared/errors/problem.ts'
import { Button } from '../components/button.tsx'
import { TextField } from '../components/text-field.tsx'

interface PortFormProps {
  readonly label: string
  readonly port: number
  /** Why the last one was not taken. */
  readonly problem: Problem | null
  readonly onSave: (port: number) => Promise<void>
  readonly onClose: () => void
}

/** Another port of this computer. A taken one says who has it, and the next free one is a press away. */
export function PortForm({ label, port, problem, onSave, onClose }: PortFormProps) {
  const [typed, setTyped] = useState(String(port))
  const [invalid, setInvalid] = useState(false)
  const suggestion = problem?.suggestedPort
  return (
    <Form
      className="port-form"
      onSubmit={(event) => {
        event.preventDefault()
        const wanted = portOf(typed)
        setInvalid(wanted === null)
        if (wanted !== null) void onSave(wanted)
      }}
    >
      <TextField
        label={`Port of ${label} on this computer`}
        value={typed}
        onChange={setTyped}
        error={invalid ? 'A port is a number from 1024 to 65535.' : (problem?.detail ?? null)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose()
        }}
        inputMode="numeric"
        autoFocus
      />
      <Button size="small" onPress={onClose}>
        Cancel
      </Button>
      {suggestion !== undefined && (
        <Button size="small" onPress={() => void onSave(suggestion)}>
          Use {suggestion}
        </Button>
      )}
      <Button size="small" kind="primary" type="submit">
        Save
      </Button>
    </Form>
  )
}

/** Below 1024 a program of an ordinary person may not listen. */
function portOf(typed: string): number | null {
  const port = /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : 0
  return port >= 1024 && port <= 65_535 ? port : null
}
