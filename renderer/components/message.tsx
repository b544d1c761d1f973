import type { Problem } from '#shared/errors/problem.ts'

/** What happened and what to do about it. */
export function ProblemMessage({ problem }: { readonly problem: Problem }) {
  return (
    <div className="message selectable">
      <h2>{problem.title}</h2>
      <p className="detail">{problem.detail}</p>
      <p>{problem.action}</p>
    </div>
  )
}

export function SignInMessage() {
  return (
    <div className="message">
      <h2>Finish the sign-in in your browser</h2>
      <p className="detail">Jetway goes on by itself when you are done.</p>
    </div>
  )
}
