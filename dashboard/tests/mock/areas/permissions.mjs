// What the page for permissions asks.

export default (_world) => []
