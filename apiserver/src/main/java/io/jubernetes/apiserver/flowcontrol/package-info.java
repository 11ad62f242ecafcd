/// Priority and fairness: how many requests the server carries out at once, and whose turn it is when there are more.
/// Every request is sorted by the flow schemas into a flow of a priority level; each level has its share of the server,
/// lends what it does not need, and queues what is too much, fairly between its flows. Start at [FlowControl], which
/// the HTTP front asks before it carries a request out; [PriorityAndFairness] answers, [PriorityLevels] keeps the
/// levels, [QueueSet] the queues of one.
@NullMarked
package io.jubernetes.apiserver.flowcontrol;

import org.jspecify.annotations.NullMarked;
