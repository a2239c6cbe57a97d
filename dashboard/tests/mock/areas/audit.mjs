// What the page for audit asks.

export default (_world) => []
