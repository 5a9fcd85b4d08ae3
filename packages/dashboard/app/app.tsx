import { Layout } from './components/layout.tsx'
import { PageHead } from './components/page-head.tsx'
import { ProblemNote } from './components/problem-note.tsx'
import { api } from './lib/api.ts'
import { toProblem } from './lib/problem.ts'
import { useResource } from './lib/resource.ts'
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

const RETRY_MS = 2_000

/** Asks who the token is, before anything is shown. */
function Greeting({ token }: { readonly token: string }) {
  const { problem } = useResource(token, (signal) => greet(token, signal), RETRY_MS)
  return (
    <main class="greeting">
      {problem ? (
        <>
          <ProblemNote problem={problem} />
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

/** @throws Problem where it is not said whether the token is one */
async function greet(token: string, signal: AbortSignal): Promise<void> {
  try {
    logIn(token, await api.whoami(token, signal))
  } catch (error) {
    const { status, code, message } = toProblem(error)
    // Of a proxy that refuses by itself nothing follows.
    const isOwn = !code.startsWith('HTTP_')
    if (status === 401 && isOwn) logOut('The service does not know this token.')
    else if (status === 403 && isOwn) logOut(message)
    else throw error
  }
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
