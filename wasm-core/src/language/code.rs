//! The message that goes with each code of the protocol.

use protocol::Code;

use super::Key;

/// The message of a code.
pub fn key_of(code: Code) -> Key {
    match code {
        Code::Malformed => Key::CodeMalformed,
        Code::UnknownType => Key::CodeUnknownType,
        Code::Version => Key::CodeVersion,
        Code::HelloFirst => Key::CodeHelloFirst,
        Code::TooLarge => Key::CodeTooLarge,
        Code::TooMany => Key::CodeTooMany,
        Code::BadText => Key::CodeBadText,
        Code::AddressNotAllowed => Key::CodeAddressNotAllowed,
        Code::BadPosition => Key::CodeBadPosition,
        Code::OpNotAllowed => Key::CodeOpNotAllowed,
        Code::NoSuchThing => Key::CodeNoSuchThing,
        Code::Forbidden => Key::CodeForbidden,
        Code::NotAMember => Key::CodeNotAMember,
        Code::Removed => Key::CodeRemoved,
        Code::HistoryNotGranted => Key::CodeHistoryNotGranted,
        Code::Unauthenticated => Key::CodeUnauthenticated,
        Code::BadTicket => Key::CodeBadTicket,
        Code::BadRecoveryKey => Key::CodeBadRecoveryKey,
        Code::ForeignOrigin => Key::CodeForeignOrigin,
        Code::NoSuchInvite => Key::CodeNoSuchInvite,
        Code::InviteExpired => Key::CodeInviteExpired,
        Code::InviteRevoked => Key::CodeInviteRevoked,
        Code::SpaceFull => Key::CodeSpaceFull,
        Code::NoSuchSpace => Key::CodeNoSuchSpace,
        Code::SpaceDeleted => Key::CodeSpaceDeleted,
        Code::LastOwner => Key::CodeLastOwner,
        Code::DeviceTaken => Key::CodeDeviceTaken,
        Code::OpConflict => Key::CodeOpConflict,
        Code::OpGap => Key::CodeOpGap,
        Code::ReadOnly => Key::CodeReadOnly,
        Code::TooFast => Key::CodeTooFast,
        Code::SlowConsumer => Key::CodeSlowConsumer,
        Code::GoingAway => Key::CodeGoingAway,
        Code::StoreAway => Key::CodeStoreAway,
        Code::NotFound => Key::CodeNotFound,
        Code::Internal => Key::CodeInternal,
        _ => Key::CodeUnknown,
    }
}
