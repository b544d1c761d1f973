import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components'

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  /** `primary` is the one next step of a place; `quiet` stands in rows and texts. */
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet'
  readonly size?: 'small' | 'normal' | 'large'
  readonly children: ReactNode
}

export function Button({ kind = 'plain', size = 'normal', ...props }: ButtonProps) {
  return <AriaButton {...props} className={`button ${kind} ${size}`} />
}
