import { mount } from 'svelte'
import App from './app/App.svelte'
import { pages, parsePath } from './app/routes'
import './style/tokens.css'
import './style/base.css'

// The page of this address is fetched while the frame is being drawn, and not after it.
const found = parsePath(location.pathname)
if (found) void pages[found.page]().catch(() => null)

const target = document.getElementById('app')
if (target) mount(App, { target })
