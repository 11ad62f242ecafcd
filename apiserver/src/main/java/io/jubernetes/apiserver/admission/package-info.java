/// The admission chain: plugins that may change or refuse a write after authorization and before validation and
/// storing.
@NullMarked
package io.jubernetes.apiserver.admission;

import org.jspecify.annotations.NullMarked;
