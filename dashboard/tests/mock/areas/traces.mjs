// What the page for traces asks.

export default (_world) => []
