import type { ReactNode } from 'react'

/** Rows in a frame. */
export function Rows({ label, children }: { readonly label?: string; readonly children: ReactNode }) {
  return (
    <ul className="rows" aria-label={label}>
      {children}
    </ul>
  )
}

interface RowProps {
  /** A tile at its beginning; decoration. */
  readonly tile?: ReactNode
  readonly title: ReactNode
  readonly detail?: ReactNode
  /** Buttons and fields at its end. */
  readonly children?: ReactNode
}

/** A thing, something about it, and what can be done with it. */
export function Row({ tile, title, detail, children }: RowProps) {
  return (
    <li className="row">
      {tile !== undefined && (
        <span className="tile" aria-hidden="true">
          {tile}
        </span>
      )}
      <div className="text">
        <p className="first ellipsis">{title}</p>
        {detail !== undefined && <div className="second ellipsis">{detail}</div>}
      </div>
      {children !== undefined && <div className="buttons">{children}</div>}
    </li>
  )
}
