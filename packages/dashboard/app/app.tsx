import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Layout } from './components/layout.tsx'
import { PageHead } from './components/page-head.tsx'
import { ProblemNote } from './components/problem-note.tsx'
import { api } from './lib/api.ts'
import { recoveries } from './lib/connection.ts'
import { type Problem, toProblem } from './lib/problem.ts'
import { place } from './lib/router.ts'
import { logIn, logOut, token, who } from './lib/session.ts'
import { ChangesPage } from './pages/changes.tsx'
import { LoginPage } from './pages/login.tsx'
import { PlanPage } from './pages/plan.tsx'
import { PlansPage } from './pages/plans.tsx'
import { SubjectPage } from './pages/subject.tsx'
import { SubjectsPage } from './pages/subjects.tsx'
import { TrafficPage } from './pages/traffic.tsx'
import { UsagePage } from './pages/usage.tsx'

export function App() {
  if (token.value === undefined) return <LoginPage />
  if (who.value === undefined) return <Greeting key={token.value} token={token.value} />
  return (
    <Layout>
      <Page />
    </Layout>
  )
}

/** Asks who the token is, before anything is shown. */
function Greeting({ token }: { readonly token: string }) {
  const problem = useSignal<Problem | undefined>(undefined)
  const times = recoveries.value
  useEffect(() => {
    let isGone = false
    problem.value = undefined
    api.whoami(token).then(
      (answer) => !isGone && logIn(token, answer),
      (error: unknown) => {
        if (isGone) return
        const { status, message } = toProblem(error)
        if (status === 401) logOut('The service does not know this token.')
        else if (status === 403) logOut(message)
        else problem.value = toProblem(error)
      },
    )
    return () => {
      isGone = true
    }
  }, [times])
  return (
    <main class="greeting">
      {problem.value ? (
        <>
          <ProblemNote problem={problem.value} />
          <p>
            It is asked again and again.{' '}
            <button type="button" class="plain" onClick={() => logOut()}>
              Log out
            </button>
          </p>
        </>
      ) : (
        <p role="status">Logging in …</p>
      )}
    </main>
  )
}

function Page() {
  const [page = '', name = ''] = place.value.parts
  switch (page) {
    case '':
    case 'traffic':
      return <TrafficPage />
    case 'customers':
      return name === '' ? <SubjectsPage /> : <SubjectPage key={name} id={name} />
    case 'plans':
      return name === '' ? <PlansPage /> : <PlanPage key={name} name={name} />
    case 'usage':
      return <UsagePage />
    case 'changes':
      return <ChangesPage />
    default:
      return (
        <>
          <PageHead title="Not found" name="Not found" />
          <p class="card empty">
            There is no such page. <a href="#/">Traffic</a> is the first.
          </p>
        </>
      )
  }
}
