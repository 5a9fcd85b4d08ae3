import { startPostgres } from '../postgres.ts'
import { provide } from './provide.ts'

export default provide('postgresUrl', 'DATABASE_URL', () => startPostgres())
