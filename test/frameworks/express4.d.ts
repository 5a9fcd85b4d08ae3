// Express 4 under a name of its own. What is used of it is as in Express 5.
declare module 'express4' {
  export { default } from 'express'
}
