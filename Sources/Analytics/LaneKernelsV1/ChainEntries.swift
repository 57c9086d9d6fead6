import LaneTasks

// Entry points of the recursions. Where it pays, the number of states and the form of the densities
// become constants here, so that loops unroll: in tiles of eight lanes. Narrower ones serve a live
// step and what a tile leaves over.

@inline(never)
@Sendable
func chainFilter(_ task: ChainTask) {
    switch task.width {
    case 8: forEachForm(task, Lanes8.self) { forward($0) }
    case 4: forward(ChainRows<Lanes4>(task))
    default: forward(ChainRows<Lanes2>(task))
    }
}

@inline(never)
@Sendable
func chainSmoothing(_ task: ChainTask) {
    switch task.width {
    case 8: forEachCount(task, .manyFeatures, Lanes8.self) { smooth($0) }
    case 4: smooth(ChainRows<Lanes4>(task))
    default: smooth(ChainRows<Lanes2>(task))
    }
}

@inline(never)
@Sendable
func chainExpectation(_ task: ChainTask) {
    switch task.width {
    case 8: forEachForm(task, Lanes8.self) { expect($0) }
    case 4: expect(ChainRows<Lanes4>(task))
    default: expect(ChainRows<Lanes2>(task))
    }
}

@inline(never)
@Sendable
func chainPath(_ task: ChainTask) {
    switch task.width {
    case 8: forEachForm(task, Lanes8.self) { viterbi($0) }
    case 4: viterbi(ChainRows<Lanes4>(task))
    default: viterbi(ChainRows<Lanes2>(task))
    }
}

@inline(__always)
private func forEachForm<V: Lanes>(
    _ task: ChainTask, _: V.Type, _ body: (ChainRows<V>) -> Void
) {
    if task.shape.features == 1 {
        forEachCount(task, .oneFeature, V.self, body)
    } else {
        forEachCount(task, .manyFeatures, V.self, body)
    }
}

@inline(__always)
private func forEachCount<V: Lanes>(
    _ task: ChainTask, _ form: DensityForm, _: V.Type, _ body: (ChainRows<V>) -> Void
) {
    switch task.shape.states {
    case 2: body(ChainRows(task, states: 2, form: form))
    case 3: body(ChainRows(task, states: 3, form: form))
    case 4: body(ChainRows(task, states: 4, form: form))
    default: body(ChainRows(task, states: task.shape.states, form: form))
    }
}
