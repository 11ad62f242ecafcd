/// The API's protobuf encoding: messages to trees and back, driven by the published descriptors and the schemas of the
/// kinds.
@NullMarked
package io.jubernetes.apiserver.protobuf;

import org.jspecify.annotations.NullMarked;
