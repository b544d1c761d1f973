import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { IconButton } from './icon-button.tsx'

interface CopyButtonProps {
  readonly label: string
  readonly onCopy: () => Promise<{ readonly ok: boolean }>
}

const copiedMs = 2_000

/** Copies, and says so for a moment. */
export function CopyButton({ label, onCopy }: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), copiedMs)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <>
      <IconButton
        icon={copied ? Check : Copy}
        label={label}
        onPress={() => void onCopy().then(({ ok }) => setCopied(ok))}
      />
      <span role="status" className="visually-hidden">
        {copied ? 'Copied' : ''}
      </span>
    </>
  )
}
