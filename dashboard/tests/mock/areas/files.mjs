// What the page for files asks.

export default (_world) => []
