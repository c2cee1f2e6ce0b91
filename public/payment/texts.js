/**
 * What the page says, in Korean and English, and how it writes money and time.
 */

const LANGUAGE_KEY = 'point-top-up.language';

const TEXTS = {
  ko: {
    pageTitle: '포인트 충전',
    pageSettings: '페이지 설정',
    otherLanguage: 'English',
    logOut: '로그아웃',
    testMode: '테스트 결제입니다. 실제로 돈이 빠져나가지 않습니다.',
    footer: '결제는 포트원(아임포트) 결제창에서 이루어지며, 카드 정보는 이 서비스에 저장되지 않습니다.',
    tryAgain: '다시 시도',
    connectionProblemTitle: '연결되지 않았습니다',

    pageTitleOfShop: '{name} · 포인트 충전',
    newWindow: '새 창',
    packagePopular: '인기',
    packageBonus: '{points} 보너스',
    consentRequired: '[필수]',
    consentMissing: '내용을 확인하고 동의해 주세요.',
    consentAnew: '약관이 바뀌었습니다. 새 내용을 확인하고 다시 동의해 주세요.',
    papersTitle: '약관과 규정',
    serviceTitle: '고객센터',
    serviceAsk: '고객센터에서 도와드립니다',
    serviceSite: '문의하기',
    businessName: '상호',
    businessRepresentative: '대표자',
    businessNumber: '사업자등록번호',
    businessMailOrder: '통신판매업 신고번호',
    businessAddress: '주소',
    businessPhone: '전화',
    businessEmail: '이메일',
    policyOff: '결제 취소는 고객센터에서 해 드립니다.',
    policySameDay: '결제한 날에만 직접 취소할 수 있습니다.',
    policyDays: '결제한 다음 날부터 {days} 안에 직접 취소할 수 있습니다.',
    policyInFull: '일부만 취소할 수는 없습니다.',
    policyLeast: '{amount}부터 취소할 수 있습니다.',
    shopOff: '여기에서는 취소할 수 없습니다. 고객센터에 문의해 주세요.',
    shopTooLate: '직접 취소할 수 있는 기한이 {moment}에 끝났습니다. 고객센터에 문의해 주세요.',
    shopOnlyInFull: '일부만 취소하려면 고객센터에 문의해 주세요. 전액은 여기에서 취소할 수 있습니다.',
    shopTooSmall: '{amount}부터 취소할 수 있습니다. 더 적은 금액은 고객센터에 문의해 주세요.',
    shopBonusSpent: '이 결제의 보너스를 사용해서 전액을 직접 취소할 수 없습니다. 고객센터에 문의해 주세요.',

    headline: '필요한 만큼, 안전하게 충전하세요',
    promiseRate: '1포인트는 1원, 숨은 수수료가 없습니다',
    promiseChecked: '결제 금액은 서버가 결제사에 직접 확인합니다',
    promiseOnce: '한 번 결제하면 정확히 한 번만 충전됩니다',
    logInTitle: '로그인',
    signUpTitle: '회원가입',
    logIn: '로그인',
    signUp: '가입하고 시작하기',
    newHere: '처음이신가요?',
    toSignUp: '회원가입',
    haveAccount: '이미 계정이 있으신가요?',
    toLogIn: '로그인',
    working: '잠시만 기다려 주세요',
    name: '이름',
    email: '이메일',
    password: '비밀번호',
    passwordHint: '8자 이상 128자 이하',
    nameMissing: '이름을 입력해 주세요.',
    emailWrong: '이메일 주소를 확인해 주세요.',
    passwordMissing: '비밀번호를 입력해 주세요.',
    passwordTooShort: '비밀번호는 8자 이상이어야 합니다.',
    signedUpNowLogIn: '가입되었습니다. 로그인해 주세요.',
    sessionEnded: '로그인이 만료되었습니다. 다시 로그인하면 하던 일을 이어갈 수 있습니다.',
    logInToConfirm: '로그인하면 방금 한 결제를 바로 확인합니다.',

    ownAccount: '내 계정',
    accountTitle: '내 계정',
    changePassword: '비밀번호 변경',
    currentPassword: '현재 비밀번호',
    newPassword: '새 비밀번호',
    changePasswordHint: '8자 이상 128자 이하. 다른 기기에서는 로그아웃됩니다.',
    passwordChanged: '비밀번호를 바꿨습니다. 다른 기기에서는 로그아웃되었습니다.',
    wrongPassword: '현재 비밀번호가 맞지 않습니다.',
    logOutEverywhere: '모든 기기에서 로그아웃',
    logOutEverywhereHint: '이 기기를 포함해 로그인한 모든 곳에서 로그아웃합니다.',
    loggedOutEverywhere: '모든 기기에서 로그아웃했습니다.',
    leave: '탈퇴하기',
    leaveHint:
      '이름, 이메일, 비밀번호를 지웁니다. 되돌릴 수 없으며, 거래 기록은 누구의 것인지 알 수 없게 남습니다.',
    hasLeft: '탈퇴했습니다. 이용해 주셔서 고맙습니다.',
    leavePoints: '포인트가 남아 있습니다. 쓰거나 결제를 취소한 뒤 탈퇴할 수 있습니다.',
    leaveDebt: '모자란 포인트를 채운 뒤 탈퇴할 수 있습니다.',
    leaveOpenOrder:
      '아직 결제될 수 있는 주문이 있습니다. 입금을 기다리는 주문은 포기하고, 한 시간 반 뒤에 다시 시도해 주세요.',
    leaveNotPossible: '진행 중인 취소나 환불이 끝난 뒤 탈퇴할 수 있습니다.',

    hostLogInTitle: '로그인이 필요합니다',
    hostLogInNote: '서비스에 로그인하면 포인트를 충전할 수 있습니다.',
    hostSessionEnded: '로그인이 만료되었습니다. 서비스에서 다시 로그인해 주세요.',
    hostLogIn: '로그인하러 가기',

    pointsOf: '{name} 님의 포인트',
    yourPoints: '내 포인트',
    available: '사용 가능',
    held: '묶인 포인트 (취소·예약)',
    expiringTitle: '곧 만료되는 포인트',
    expiring: '{day}에 {points}가 만료됩니다.',
    debt: '결제가 취소되어 {points}가 모자랍니다. 다음 충전에서 채워집니다.',
    checkoutTitle: '얼마를 충전할까요?',
    choosePackage: '충전 금액',
    packageMissing: '충전할 금액을 골라 주세요.',
    chooseMethod: '결제 수단',
    methodCard: '신용·체크카드',
    methodKakaopay: '카카오페이',
    methodNaverpay: '네이버페이',
    methodTosspay: '토스페이',
    methodTrans: '계좌이체',
    methodPhone: '휴대폰 결제',
    methodVbank: '가상계좌 (무통장입금)',
    vbankHint:
      '결제창에서 은행을 고르면 입금할 계좌를 알려 드립니다. {days} 안에 입금하면 자동으로 충전됩니다.',
    pgHint: '{pg} 결제창에서 결제합니다.',
    methodFrom: '{amount}부터',
    methodUpTo: '{amount}까지',
    methodTakesFrom: '{method}로는 {min}부터 결제할 수 있습니다. 다른 금액이나 다른 결제 수단을 골라 주세요.',
    methodTakesUpTo:
      '{method}로는 한 번에 {max}까지 결제할 수 있습니다. 다른 금액이나 다른 결제 수단을 골라 주세요.',
    methodTakesBetween:
      '{method}로는 한 번에 {min}부터 {max}까지 결제할 수 있습니다. 다른 금액이나 다른 결제 수단을 골라 주세요.',
    tel: '휴대폰 번호',
    optional: '선택',
    telHint: '이 결제 수단의 결제창에 필요합니다.',
    telMissing: '휴대폰 번호를 입력해 주세요.',
    telWrong: '휴대폰 번호를 확인해 주세요.',
    pointAfter: '충전 후 포인트',
    toPay: '결제 금액',
    pay: '결제하기',
    payAmount: '{amount} 결제하기',
    payWorking: '결제 진행 중',
    openingWindow: '결제창을 여는 중입니다.',
    windowOpen: '결제창에서 결제를 마쳐 주세요.',
    startOver: '결제창이 보이지 않나요? 처음부터 다시',
    sdkUnavailable:
      '결제창을 불러오지 못했습니다. 인터넷 연결이나 광고 차단 프로그램을 확인한 뒤 결제 버튼을 다시 눌러 주세요.',

    checkingTitle: '결제를 확인하고 있습니다',
    checkingText: '결제사에 결제 내용을 확인하는 중입니다. 잠시만 기다려 주세요.',
    stillCheckingText:
      '아직 확인하지 못했습니다. 결제 정보는 이 기기에 보관되어 있으니 다시 결제하지 마세요. 연결되는 대로 다시 확인합니다.',
    waitingText: '확인이 늦어지고 있어 자동으로 다시 확인합니다.',
    checkAgain: '다시 확인',
    later: '나중에 확인하기',
    creditedTitle: '{points} 충전되었습니다',
    creditedText: '바로 사용할 수 있습니다.',
    notPaidTitle: '결제가 완료되지 않았습니다',
    openWindow: '결제창 열기 ({amount})',
    clickAgain: '주문이 준비되었습니다. ‘결제창 열기’를 한 번 더 눌러 주세요.',
    givenUpText: '결제창을 닫아 결제가 끝나지 않았습니다. 언제든 다시 시도할 수 있습니다.',
    declinedText:
      '카드사나 은행에서 결제를 승인하지 않았습니다. 다른 카드나 결제 수단으로 다시 시도하거나, 카드사에 문의해 주세요.',
    failedText: '다시 시도하거나 다른 결제 수단을 이용해 주세요. 계속되면 카드사에 문의해 주세요.',
    notOpenedText: '결제창을 열지 못했습니다. 잠시 후 다시 시도해 주세요.',
    alreadyPaidText: '이 주문은 이미 결제되었습니다. 다시 결제하지 말고 이용 내역을 확인해 주세요.',
    forAnotherTitle: '다른 계정의 결제일 수 있습니다',
    forAnotherText:
      '방금 돌아온 결제는 지금 로그인한 계정에서 찾을 수 없습니다. 결제한 계정으로 로그인하면 바로 확인합니다. 완료된 결제의 포인트는 결제한 계정에 충전됩니다.',
    refusedTitle: '포인트를 충전하지 못했습니다',
    gatewaySays: '결제사 안내',
    factPaid: '충전 포인트',
    factBalance: '보유 포인트',
    factTime: '충전 시각',
    factPayment: '결제 번호',
    done: '확인',
    backToForm: '돌아가기',

    depositsTitle: '입금 대기',
    depositTitle: '{amount}을 입금해 주세요',
    depositLead: '아래 계좌로 기한 안에 보내 주시면 바로 충전됩니다.',
    depositBank: '은행',
    depositNumber: '계좌번호',
    depositCopy: '복사',
    depositCopyOf: '계좌번호 복사',
    depositCopied: '계좌번호를 복사했습니다.',
    depositCopyByHand: '계좌번호를 선택해 두었습니다. 길게 누르거나 Ctrl+C(⌘C)로 복사해 주세요.',
    depositHolder: '예금주',
    depositAmount: '입금 금액',
    depositDue: '입금 기한',
    timeLeft: '{time} 남음',
    depositDueOver: '기한이 지났습니다. 입금되었는지 마지막으로 확인하고 있습니다.',
    depositOthers: '이 주문에는 다른 계좌도 있습니다: {accounts}. 한 계좌에 한 번만 입금해 주세요.',
    depositNext: '입금하고 나면',
    depositNextPoints: '입금이 확인되면 포인트가 자동으로 충전됩니다. 이 페이지를 닫아도 됩니다.',
    depositNextExact: '정확한 금액을 한 번에 보내 주세요. 금액이 다르면 입금되지 않습니다.',
    depositNextDue: '기한까지 입금하지 않으면 주문이 저절로 취소됩니다.',
    depositWaits: '입금을 기다리고 있습니다. 입금되면 이 화면이 저절로 바뀝니다.',
    depositAsking: '결제사에 입금을 확인하고 있습니다.',
    depositNotSeen:
      '아직 입금이 보이지 않습니다. 은행에 따라 몇 분 걸릴 수 있어 계속 확인합니다. 다시 보내지 마세요.',
    depositStopped:
      '자동 확인을 쉬고 있습니다. 입금하셨다면 ‘입금했어요’를 눌러 주세요. 충전은 계속 자동으로 됩니다.',
    depositReport: '입금했어요',
    depositReporting: '확인하는 중',
    depositGiveUp: '주문 취소',
    depositGiveUpOf: '{amount} 주문 취소',
    depositCancelledTitle: '{amount} 주문을 취소했습니다',
    depositCancelledText: '계좌가 닫혔으니 입금하지 마세요. 언제든 다시 충전할 수 있습니다.',
    depositExpiredTitle: '{amount} 주문의 입금 기한이 지났습니다',
    depositExpiredText:
      '이 계좌로는 더 이상 입금하지 마세요. 이미 입금하셨다면 확인되는 대로 충전됩니다. 필요하면 다시 주문해 주세요.',
    depositClosedTitle: '{amount} 주문의 계좌가 닫혔습니다',
    depositClosedText: '이 계좌로는 더 이상 입금할 수 없습니다. 필요하면 다시 주문해 주세요.',
    giveUpTitle: '이 주문을 취소할까요?',
    giveUpText: '계좌가 닫혀 더 이상 입금할 수 없습니다. 이미 입금하셨다면 취소하지 말고 잠시 기다려 주세요.',
    giveUpConfirm: '주문 취소하기',
    giveUpWorking: '취소하는 중',
    awaitedTitle: '입금 대기',
    awaitedUntil: '{moment}까지 입금해 주세요.',
    awaitedShow: '계좌 보기',
    awaitedShowOf: '{amount}을 입금할 계좌 보기',

    holdsTitle: '예약된 포인트',
    holdTitle: '사용 예약',
    holdUntil: '{moment}까지',
    holdsMore: '가장 최근의 예약만 보입니다.',

    historyTitle: '이용 내역',
    historyEmpty: '아직 내역이 없습니다. 첫 충전을 시작해 보세요.',
    historyMore: '더 보기',
    historyPayment: '포인트 충전',
    historyCancel: '결제 취소',
    historySpend: '포인트 사용',
    historySpendCancel: '사용 취소',
    historyGrant: '포인트 지급',
    historyImport: '기존 포인트',
    historyBonus: '충전 보너스',
    historyBonusCancel: '보너스 회수',
    historyExpire: '유효기간 만료',
    historyExpireCancel: '만료 취소',
    historyRefundFee: '환불 수수료',
    historyReference: '주문 {reference}',
    historyBalance: '잔액 {points}',
    receipt: '영수증',
    receiptOf: '{moment}에 충전한 {points}의 영수증 (새 창)',
    receiptOfCancel: '{moment}에 취소한 {points}의 영수증 (새 창)',
    receiptOfEvent: '{event} 영수증, {moment} (새 창)',
    details: '자세히',
    detailsOf: '{moment}에 충전한 {points} 자세히 보기',
    paymentTitle: '결제 상세',
    factPaidAmount: '결제 금액',
    factCancelled: '취소된 금액',
    factCard: '카드',
    factOrder: '주문 번호',
    eventOrdered: '주문',
    eventAccountIssued: '입금 계좌 발급',
    eventPaid: '결제',
    eventFailed: '결제 실패',
    eventCredited: '포인트 충전',
    eventCancelRequested: '취소 요청',
    eventCancelled: '취소 완료',
    eventCancelRefused: '취소 거절',
    eventTakenBack: '입금이 은행에서 되돌려짐',
    cashReceipt: '현금영수증',
    cashReceiptFor: '용도',
    cashReceiptPerson: '소득공제용',
    cashReceiptCompany: '지출증빙용',
    cashReceiptSelf: '자진발급',
    cashReceiptPhone: '휴대폰 번호 (또는 현금영수증 카드 번호)',
    cashReceiptBusiness: '사업자등록번호',
    cashReceiptAsk: '현금영수증 신청',
    cashReceiptNumberWrong: '번호를 확인해 주세요. 주민등록번호는 받지 않습니다.',
    cashReceiptState: '상태',
    cashReceiptAmount: '발급 금액',
    cashReceiptNumber: '승인 번호',
    cashReceiptPending: '발급 중',
    cashReceiptIssued: '발급됨',
    cashReceiptCancelled: '취소됨',
    cashReceiptFailed: '발급하지 못함. 고객센터에 문의해 주세요.',
    cashReceiptByPg: '결제사가 발급함',
    cashReceiptRequested: '이미 신청한 현금영수증입니다.',
    cashReceiptNotPossible: '이 결제는 현금영수증을 발급할 수 없습니다.',

    cancel: '취소',
    cancelOf: '{moment}에 충전한 {points} 결제 취소',
    cancelledAll: '전액 취소됨',
    cancelledPart: '{amount} 취소됨',
    cancelPending: '취소 진행 중',
    cancelAsking: '취소 요청 확인 중',
    cancelRefused: '취소 거절됨',
    cancelRefusedBecause: '결제사 안내: {refusal}',
    cancelOpenTitle: '결제 취소 진행 중',
    cancelOpenText: '결제사의 답을 기다리고 있습니다. 끝나면 바로 알려 드립니다.',
    cancelOpenExpected: '환불금은 {day}쯤 계좌로 들어올 예정입니다.',
    cancelOpenStopped: '결제사의 답이 늦어지고 있습니다. 취소는 계속 진행됩니다.',
    cancelAskNow: '지금 확인',

    cancelTitle: '결제를 취소할까요?',
    cancelOfPayment: '결제 금액',
    cancelPaidAt: '충전 시각',
    cancelHowMuch: '취소할 금액',
    cancelAll: '남은 금액 모두',
    cancelAllPossible: '취소할 수 있는 만큼',
    cancelPart: '일부만',
    cancelPartChoose: '직접 입력',
    cancelAmount: '금액(원)',
    cancelAmountHint: '{max}까지 취소할 수 있습니다.',
    cancelAmountWrong: '취소할 수 있는 금액을 숫자로 입력해 주세요.',
    cancelReason: '취소 사유',
    cancelReasonHint: '결제사에 전달되며 결제한 분이 볼 수 있습니다.',
    cancelPointAfter: '취소 후 포인트',
    cancelGivenBack: '환불 금액',
    cancelBonus: '함께 회수되는 보너스',
    cancelFee: '환불 수수료',
    basisUnused: '결제하고 7일 안에 쓰지 않아 전액을 환불받을 수 있습니다.',
    basisMostUsed: '대부분을 사용해서 남은 금액을 환불받을 수 있습니다.',
    basisExpired: '유효기간이 끝난 포인트의 금액을 환불받을 수 있습니다. 지금 있는 포인트는 그대로입니다.',
    refundAccount: '환불받을 계좌',
    refundAccountHint:
      '이 결제는 계좌로 돌려드립니다. 보통 다음 영업일에 들어오고, 결제사에 따라 더 걸릴 수 있습니다.',
    refundBank: '은행',
    refundBankChoose: '은행을 골라 주세요',
    refundBankMissing: '은행을 골라 주세요.',
    refundNumber: '계좌번호',
    refundNumberHint: '숫자만 써도 됩니다.',
    refundNumberMissing: '계좌번호를 입력해 주세요.',
    refundNumberWrong: '계좌번호를 확인해 주세요. 숫자와 ‘-’만 쓸 수 있습니다.',
    refundHolder: '예금주',
    refundHolderHint: '통장에 적힌 이름 그대로 써 주세요.',
    refundHolderMissing: '예금주 이름을 입력해 주세요.',
    refundHolderWrong: '예금주 이름을 확인해 주세요.',
    refundPhone: '휴대폰 번호',
    refundPhoneHint: '결제사가 환불을 안내할 때 씁니다.',
    refundPhoneWrong: '휴대폰 번호를 확인해 주세요.',
    refundAccountWrong: '환불받을 계좌를 확인해 주세요.',
    cancelConfirm: '결제 취소하기',
    cancelConfirmAmount: '{amount} 취소하기',
    cancelWorking: '취소하는 중',
    cancelSending: '결제사에 취소를 요청하고 있습니다. 창을 닫아도 취소는 계속됩니다.',
    cancelAskingAgain: '답을 받지 못해 같은 요청을 다시 확인하고 있습니다. 두 번 취소되지 않습니다.',
    cancelGoOn: '이어서 취소하기',
    close: '닫기',
    limitInProgress: '이 결제의 다른 취소가 진행 중입니다. 끝난 뒤에 다시 취소할 수 있습니다.',
    limitNothingLeft: '이미 전액 취소된 결제입니다.',
    limitPoints:
      '이 결제에는 {left}이 남아 있지만 사용 가능한 포인트가 모자라 {refundable}까지 취소할 수 있습니다.',
    limitNoPoints: '이 결제에는 {left}이 남아 있지만 사용 가능한 포인트가 없어 지금은 취소할 수 없습니다.',
    cancelDoneTitle: '{amount}을 취소했습니다',
    cancelDoneText: '결제 수단에 따라 환불까지 며칠 걸릴 수 있습니다.',
    cancelDoneToAccount: '환불금은 보통 다음 영업일에 입력하신 계좌로 들어옵니다.',
    cancelAcceptedTitle: '{amount} 환불을 접수했습니다',
    cancelAcceptedText:
      '환불금은 {day}쯤 계좌로 들어올 예정입니다. 그때까지 {points}는 사용할 수 없고, 끝나면 알려 드립니다.',
    factExpected: '환불 예정',
    factRefundTo: '환불 계좌',
    cancelPendingTitle: '취소를 진행하고 있습니다',
    cancelPendingText:
      '결제사의 답을 기다리는 동안 {points}는 사용할 수 없습니다. 창을 닫아도 취소는 계속되고, 끝나면 알려 드립니다.',
    cancelRefusedTitle: '결제사가 취소를 거절했습니다',
    cancelRefusedText: '사유: {refusal} 포인트는 그대로입니다. 고객센터에 계좌 환불을 문의해 주세요.',
    cancelDeclinedTitle: '취소하지 못했습니다',
    cancelUndecidedTitle: '취소되었는지 아직 확인하지 못했습니다',
    cancelUndecidedText:
      '서버에 연결할 수 없습니다. 연결되는 대로 다시 확인합니다. 다시 확인해도 두 번 취소되지 않습니다.',
    cancelLoginText: '로그인이 만료되어 취소가 멈추었습니다. 이어서 취소할 수 있습니다.',
    cancelNoticeClose: '알림 닫기',

    wrongCredentials: '이메일 또는 비밀번호가 맞지 않습니다.',
    emailTaken: '이미 가입된 이메일입니다. 로그인해 주세요.',
    badInput: '입력한 내용을 확인해 주세요.',
    badAmount: '지금은 충전할 수 없는 금액입니다. 페이지를 새로 고친 뒤 다시 골라 주세요.',
    badName: '이름을 확인해 주세요. 50자까지 쓸 수 있습니다.',
    badPassword: '비밀번호는 8자 이상 128자 이하여야 합니다.',
    badReason: '취소 사유를 확인해 주세요. 100자까지 쓸 수 있습니다.',
    busy: '지금은 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    tooManyRequests: '요청이 너무 많습니다. {seconds}초 뒤에 다시 시도해 주세요.',
    gatewayUnavailable: '결제사와 연결이 원활하지 않습니다. 잠시 후 다시 시도해 주세요.',
    pageOutdated: '페이지가 오래되었습니다. 새로 고친 뒤 다시 시도해 주세요.',
    pointLimit:
      '포인트는 {maxBalance}까지 보유할 수 있습니다. 지금 {point}를 보유하고 있어 이 금액은 충전할 수 없습니다.',
    pointLimitWithOrders:
      '포인트는 {maxBalance}까지 보유할 수 있습니다. 지금 {point}를 보유하고 있고 결제하지 않은 주문 {openOrders}도 더해져 이 금액은 충전할 수 없습니다. 주문은 1시간 뒤, 입금을 기다리는 주문은 입금 기한이 지나면 만료됩니다.',
    tooManyOpenOrders:
      '결제하지 않은 주문이 너무 많습니다. 열어 둔 결제를 마치거나, 주문이 만료된 뒤(1시간, 입금을 기다리는 주문은 입금 기한) 다시 시도해 주세요.',
    methodNotOffered: '지금은 이 결제 수단을 쓸 수 없습니다. 다른 결제 수단을 골라 주세요.',
    methodDayLimit:
      '{method}로 하루에 결제할 수 있는 금액은 {max}이고 오늘은 {left} 남았습니다. 다른 결제 수단을 고르거나 내일 다시 시도해 주세요.',
    methodMonthLimit:
      '{method}로 한 달에 결제할 수 있는 금액은 {max}이고 이번 달은 {left} 남았습니다. 다른 결제 수단을 골라 주세요.',
    accountNotClosed:
      '결제사가 이 계좌를 미리 닫아 주지 않습니다. 입금하지 않으시면 {moment}에 주문이 저절로 끝납니다.',
    noDepositAwaited: '이 주문은 더 이상 입금을 기다리지 않습니다.',
    orderNotFound: '이 계정에서 주문을 찾을 수 없습니다. 주문한 계정으로 로그인했는지 확인해 주세요.',
    paymentNotFound: '이 계정에서 결제를 찾을 수 없습니다. 결제한 계정으로 로그인했는지 확인해 주세요.',
    notPaidReady: '아직 결제가 완료되지 않았습니다. 결제를 마쳤다면 잠시 후 다시 확인해 주세요.',
    notPaidFailed:
      '결제가 승인되지 않았습니다. 다른 카드나 결제 수단으로 다시 시도하거나, 카드사에 문의해 주세요.',
    mismatchAmount:
      '결제된 금액이 주문 금액과 달라 충전하지 않았습니다. 결제하신 돈은 자동으로 돌려드립니다.',
    mismatchBalanceFull:
      '보유할 수 있는 포인트를 넘어 충전하지 않았습니다. 결제하신 돈은 자동으로 돌려드립니다.',
    mismatchChannel: '이 서비스에서 받을 수 없는 결제입니다. 고객센터에 결제 번호를 알려 주세요.',
    mismatchCurrency: '원화 결제가 아니어서 충전하지 않았습니다. 결제하신 돈은 자동으로 돌려드립니다.',
    mismatchOrderPaid: '이 주문은 이미 다른 결제로 충전되었습니다. 나중에 하신 결제는 자동으로 돌려드립니다.',
    cancelAmountExceeded: '이 결제에서 취소할 수 있는 금액은 {left}입니다.',
    quoteChanged: '그사이 포인트가 바뀌어 지금은 {amount}이 환불됩니다. 확인하고 다시 취소해 주세요.',
    quoteChangedNothing: '그사이 포인트가 바뀌어 지금은 환불할 금액이 없습니다.',
    insufficientPoint:
      '취소하려면 {needed}가 남아 있어야 합니다. 지금 사용 가능한 포인트는 {available}입니다.',
    cancelRefusedPlain: '포인트는 그대로입니다. 고객센터에 계좌 환불을 문의해 주세요.',
    cancelTryLater:
      '판매자의 정산 사정으로 지금은 환불할 수 없습니다. 포인트는 그대로입니다. 내일 다시 취소하거나 고객센터에 문의해 주세요.',
    obstacleNever: '이 결제수단은 여기에서 취소할 수 없습니다. 고객센터에 계좌 환불을 문의해 주세요.',
    obstacleDeadline:
      '결제사의 취소 기한이 {moment}에 끝나 여기에서 취소할 수 없습니다. 고객센터에 계좌 환불을 문의해 주세요.',
    obstacleAccount:
      '환불받을 계좌가 있어야 취소할 수 있는 결제입니다. 창을 닫고 다시 취소하면 계좌를 쓸 수 있습니다.',
    obstacleClosed: '결제사가 지금은 취소를 받지 않습니다. {moment} 이후에 다시 취소해 주세요.',
    onlyInFull: '이 결제는 남은 금액을 한 번에 모두 취소할 수 있고, 일부만 취소할 수는 없습니다.',
    onlyInFullTooFewPoints:
      '이 결제는 일부만 취소할 수 없고, 남은 {left}을 모두 취소하려면 사용 가능한 포인트가 모자랍니다.',
    cancelUntil: '{moment}까지 취소할 수 있습니다.',
    cancelUntilAbout: '카드사나 은행에 따라 다르지만 보통 {moment}까지 취소할 수 있습니다.',
    unknownRefusalWithId: '처리하지 못했습니다. 계속되면 고객센터에 오류 번호를 알려 주세요: {id}',

    noConnection: '서버에 연결할 수 없습니다. 인터넷 연결을 확인해 주세요.',
    unexpected: '예상하지 못한 문제가 생겼습니다. 페이지를 새로 고친 뒤 다시 시도해 주세요.',
  },
  en: {
    pageTitle: 'Point top-up',
    pageSettings: 'Page settings',
    otherLanguage: '한국어',
    logOut: 'Log out',
    testMode: 'This is a test payment. No money is taken.',
    footer: 'You pay in the window of PortOne (iamport). Your card data is never stored by this service.',
    tryAgain: 'Try again',
    connectionProblemTitle: 'No connection',

    pageTitleOfShop: '{name} · Point top-up',
    newWindow: 'new window',
    packagePopular: 'Popular',
    packageBonus: '{points} bonus',
    consentRequired: '[required]',
    consentMissing: 'Please read this and agree.',
    consentAnew: 'The terms have changed. Please read the new ones and agree again.',
    papersTitle: 'Terms and rules',
    serviceTitle: 'Customer service',
    serviceAsk: 'Our customer service helps you',
    serviceSite: 'Contact us',
    businessName: 'Company',
    businessRepresentative: 'Representative',
    businessNumber: 'Business registration',
    businessMailOrder: 'Mail-order registration',
    businessAddress: 'Address',
    businessPhone: 'Phone',
    businessEmail: 'E-mail',
    policyOff: 'Our customer service cancels payments for you.',
    policySameDay: 'You can cancel by yourself on the day of the payment only.',
    policyDays: 'You can cancel by yourself within {days} after the day of the payment.',
    policyInFull: 'A part alone cannot be cancelled.',
    policyLeast: 'Cancelling begins at {amount}.',
    shopOff: 'It cannot be cancelled here. Please ask our customer service.',
    shopTooLate: 'The time for cancelling by yourself ended on {moment}. Please ask our customer service.',
    shopOnlyInFull: 'Please ask our customer service about a part. All of it can be cancelled here.',
    shopTooSmall: 'Cancelling begins at {amount}. Please ask our customer service about less.',
    shopBonusSpent: 'Bonus of this payment was spent. Please ask our customer service about all of it.',

    headline: 'Top up what you need, safely',
    promiseRate: 'One point is one won, with no hidden fees',
    promiseChecked: 'Our server checks every payment with the gateway',
    promiseOnce: 'Every payment is credited exactly once',
    logInTitle: 'Log in',
    signUpTitle: 'Sign up',
    logIn: 'Log in',
    signUp: 'Create account',
    newHere: 'New here?',
    toSignUp: 'Sign up',
    haveAccount: 'Already have an account?',
    toLogIn: 'Log in',
    working: 'One moment, please',
    name: 'Name',
    email: 'E-mail',
    password: 'Password',
    passwordHint: '8 to 128 characters',
    nameMissing: 'Please enter your name.',
    emailWrong: 'Please check the e-mail address.',
    passwordMissing: 'Please enter your password.',
    passwordTooShort: 'The password needs at least 8 characters.',
    signedUpNowLogIn: 'Your account is ready. Please log in.',
    sessionEnded: 'Your log-in has expired. Log in again to go on where you were.',
    logInToConfirm: 'Log in and we check the payment you just made.',

    ownAccount: 'Account',
    accountTitle: 'My account',
    changePassword: 'Change password',
    currentPassword: 'Current password',
    newPassword: 'New password',
    changePasswordHint: '8 to 128 characters. Other devices are logged out.',
    passwordChanged: 'Your password is changed. Other devices are logged out.',
    wrongPassword: 'The current password is wrong.',
    logOutEverywhere: 'Log out everywhere',
    logOutEverywhereHint: 'Ends your log-ins on all devices, this one too.',
    loggedOutEverywhere: 'You are logged out on all devices.',
    leave: 'Delete my account',
    leaveHint:
      'Deletes your name, e-mail address and password. This cannot be undone; the records of payments stay, without your name.',
    hasLeft: 'Your account is deleted. Thank you for having been here.',
    leavePoints: 'You have points left: spend them, or cancel their payments, first.',
    leaveDebt: 'Your balance is below zero: top it up first.',
    leaveOpenOrder:
      'An order can still be paid. Give up what waits for a deposit, and try again in an hour and a half.',
    leaveNotPossible: 'A cancellation or refund is on its way: try again when it has ended.',

    hostLogInTitle: 'Please log in',
    hostLogInNote: 'Log in to the service to top up your points.',
    hostSessionEnded: 'Your log-in has expired. Please log in to the service again.',
    hostLogIn: 'Go to the log-in',

    yourPoints: 'Your points',
    pointsOf: 'Points of {name}',
    available: 'Available',
    held: 'Held (cancels, bookings)',
    expiringTitle: 'Points that expire soon',
    expiring: '{points} expire on {day}.',
    debt: 'A payment was cancelled after its points were spent: {points} are missing. The next top-up fills them.',
    checkoutTitle: 'How much do you want to top up?',
    choosePackage: 'Amount',
    packageMissing: 'Please choose an amount.',
    chooseMethod: 'Payment method',
    methodCard: 'Card',
    methodKakaopay: 'KakaoPay',
    methodNaverpay: 'Naver Pay',
    methodTosspay: 'Toss Pay',
    methodTrans: 'Bank transfer',
    methodPhone: 'Phone bill',
    methodVbank: 'Virtual account',
    vbankHint:
      'Choose a bank in the payment window and we show you an account. Transfer the money within {days} and the points are added by themselves.',
    pgHint: 'You pay in the window of {pg}.',
    methodFrom: 'from {amount}',
    methodUpTo: 'up to {amount}',
    methodTakesFrom: '{method} takes {min} or more. Please choose another amount or another method.',
    methodTakesUpTo: '{method} takes {max} at most. Please choose another amount or another method.',
    methodTakesBetween:
      '{method} takes from {min} to {max} at once. Please choose another amount or another method.',
    tel: 'Mobile number',
    optional: 'optional',
    telHint: 'The window of this payment method needs it.',
    telMissing: 'Please enter a mobile number.',
    telWrong: 'Please check the mobile number.',
    pointAfter: 'Points after top-up',
    toPay: 'To pay',
    pay: 'Pay',
    payAmount: 'Pay {amount}',
    payWorking: 'Payment in progress',
    openingWindow: 'Opening the payment window.',
    windowOpen: 'Please finish in the payment window.',
    startOver: 'No payment window? Start over',
    sdkUnavailable:
      'The payment window could not be loaded. Check your connection or ad blocker, then press the pay button again.',

    checkingTitle: 'Checking your payment',
    checkingText: 'We are asking the gateway about your payment. This takes a moment.',
    stillCheckingText:
      'It could not be checked yet. The payment is kept on this device, so please do not pay again. We check again as soon as there is a connection.',
    waitingText: 'This takes longer than usual. We keep asking by ourselves.',
    checkAgain: 'Check again',
    later: 'Check later',
    creditedTitle: '{points} added',
    creditedText: 'You can use them right away.',
    notPaidTitle: 'The payment was not completed',
    openWindow: 'Open the payment window ({amount})',
    clickAgain: 'Your order is ready. Please press the button once more to open the payment window.',
    givenUpText:
      'The payment window was closed before the payment was made. You can try again whenever you like.',
    declinedText:
      'The card company or bank did not approve the payment. Try another card or payment method, or ask your card company.',
    failedText: 'Please try again or use another payment method. If it happens again, ask your card company.',
    notOpenedText: 'The payment window could not be opened. Please try again in a moment.',
    alreadyPaidText: 'This order has been paid already. Please do not pay again, and look at your history.',
    forAnotherTitle: 'This may be the payment of another account',
    forAnotherText:
      'The payment that just came back is not one of the account you are logged in to. Log in to the account that paid and we check it at once. The points of a completed payment go to the account that paid.',
    refusedTitle: 'The points could not be added',
    gatewaySays: 'The gateway says',
    factPaid: 'Points added',
    factBalance: 'Your points',
    factTime: 'Added at',
    factPayment: 'Payment number',
    done: 'Done',
    backToForm: 'Back',

    depositsTitle: 'Waiting for your transfer',
    depositTitle: 'Please transfer {amount}',
    depositLead: 'Send it to this account in time and the points are added at once.',
    depositBank: 'Bank',
    depositNumber: 'Account number',
    depositCopy: 'Copy',
    depositCopyOf: 'Copy the account number',
    depositCopied: 'The account number is copied.',
    depositCopyByHand: 'The account number is selected. Long-press it, or press Ctrl+C (⌘C), to copy it.',
    depositHolder: 'Account holder',
    depositAmount: 'Amount',
    depositDue: 'Until',
    timeLeft: '{time} left',
    depositDueOver: 'The time is over. We are looking one last time whether the money has come.',
    depositOthers: 'This order has other accounts too: {accounts}. Please transfer to one of them, and once.',
    depositNext: 'After your transfer',
    depositNextPoints:
      'The points are added by themselves as soon as the money is there. You may close this page.',
    depositNextExact: 'Send the exact amount in one transfer. Other amounts are not taken.',
    depositNextDue: 'Without a transfer in time the order ends by itself.',
    depositWaits: 'Waiting for your transfer. This changes by itself when the money comes.',
    depositAsking: 'We are asking the gateway about your transfer.',
    depositNotSeen:
      'The money is not there yet. Some banks take minutes, and we keep looking. Please do not send it twice.',
    depositStopped:
      'We look less often now. If you have paid, press “I have paid”. The points are added by themselves in any case.',
    depositReport: 'I have paid',
    depositReporting: 'Looking',
    depositGiveUp: 'Cancel order',
    depositGiveUpOf: 'Cancel order of {amount}',
    depositCancelledTitle: 'The order of {amount} is cancelled',
    depositCancelledText:
      'The account is closed, so please do not transfer anything. You can top up again at any time.',
    depositExpiredTitle: 'The time for the order of {amount} is over',
    depositExpiredText:
      'Please do not transfer to this account any more. If you have, the points are added when the money is found. You can order again.',
    depositClosedTitle: 'The account for the order of {amount} is closed',
    depositClosedText: 'It takes no transfers any more. You can order again.',
    giveUpTitle: 'Cancel this order?',
    giveUpText:
      'Its account is closed and takes no transfer any more. If you have paid already, do not cancel, and wait a moment.',
    giveUpConfirm: 'Cancel the order',
    giveUpWorking: 'Cancelling',
    awaitedTitle: 'Transfer awaited',
    awaitedUntil: 'Until {moment}',
    awaitedShow: 'Show account',
    awaitedShowOf: 'Show account for {amount}',

    holdsTitle: 'Reserved points',
    holdTitle: 'Reserved',
    holdUntil: 'Until {moment}',
    holdsMore: 'Only the latest reservations are shown.',

    historyTitle: 'History',
    historyEmpty: 'Nothing here yet. Start with your first top-up.',
    historyMore: 'Show more',
    historyPayment: 'Top-up',
    historyCancel: 'Cancellation',
    historySpend: 'Points used',
    historySpendCancel: 'Points returned',
    historyGrant: 'Points granted',
    historyImport: 'Points from before',
    historyBonus: 'Bonus',
    historyBonusCancel: 'Bonus taken back',
    historyExpire: 'Expired',
    historyExpireCancel: 'Expiry taken back',
    historyRefundFee: 'Refund fee',
    historyReference: 'Order {reference}',
    historyBalance: 'Balance {points}',
    receipt: 'Receipt',
    receiptOf: 'Receipt of {points}, topped up {moment} (new window)',
    receiptOfCancel: 'Receipt of {points}, cancelled {moment} (new window)',
    receiptOfEvent: 'Receipt: {event}, {moment} (new window)',
    details: 'Details',
    detailsOf: 'Details of {points}, topped up {moment}',
    paymentTitle: 'Payment details',
    factPaidAmount: 'Paid',
    factCancelled: 'Cancelled so far',
    factCard: 'Card',
    factOrder: 'Order number',
    eventOrdered: 'Ordered',
    eventAccountIssued: 'Account opened',
    eventPaid: 'Paid',
    eventFailed: 'Payment failed',
    eventCredited: 'Points credited',
    eventCancelRequested: 'Cancellation asked for',
    eventCancelled: 'Cancelled',
    eventCancelRefused: 'Cancellation refused',
    eventTakenBack: 'Deposit taken back by the bank',
    cashReceipt: 'Cash receipt',
    cashReceiptFor: 'For',
    cashReceiptPerson: 'Income tax',
    cashReceiptCompany: 'Business expense',
    cashReceiptSelf: 'Self-issued',
    cashReceiptPhone: 'Mobile number (or cash receipt card)',
    cashReceiptBusiness: 'Business registration number',
    cashReceiptAsk: 'Ask for a cash receipt',
    cashReceiptNumberWrong: 'Please check the number. Resident registration numbers are not taken.',
    cashReceiptState: 'State',
    cashReceiptAmount: 'Issued for',
    cashReceiptNumber: 'Approval number',
    cashReceiptPending: 'Being issued',
    cashReceiptIssued: 'Issued',
    cashReceiptCancelled: 'Cancelled',
    cashReceiptFailed: 'Not issued. Please ask us.',
    cashReceiptByPg: 'Issued by the payment company',
    cashReceiptRequested: 'A cash receipt was asked for already.',
    cashReceiptNotPossible: 'No cash receipt can be issued for this payment.',

    cancel: 'Cancel',
    cancelOf: 'Cancel the payment of {points} on {moment}',
    cancelledAll: 'Cancelled',
    cancelledPart: '{amount} cancelled',
    cancelPending: 'Being cancelled',
    cancelAsking: 'Asking to cancel',
    cancelRefused: 'Cancellation refused',
    cancelRefusedBecause: 'The gateway says: {refusal}',
    cancelOpenTitle: 'Cancellation in progress',
    cancelOpenText: 'We are waiting for the gateway’s answer and tell you as soon as it is there.',
    cancelOpenExpected: 'The money is expected in your account by about {day}.',
    cancelOpenStopped: 'The gateway takes longer than usual. The cancellation goes on.',
    cancelAskNow: 'Check now',

    cancelTitle: 'Cancel this payment?',
    cancelOfPayment: 'Paid',
    cancelPaidAt: 'Added at',
    cancelHowMuch: 'How much',
    cancelAll: 'All that is left',
    cancelAllPossible: 'As much as possible',
    cancelPart: 'A part',
    cancelPartChoose: 'Enter it',
    cancelAmount: 'Amount in won',
    cancelAmountHint: 'Up to {max} can be cancelled.',
    cancelAmountWrong: 'Please enter an amount that can be cancelled.',
    cancelReason: 'Reason',
    cancelReasonHint: 'It goes to the gateway, and the payer can read it.',
    cancelPointAfter: 'Points afterwards',
    cancelGivenBack: 'Refund',
    cancelBonus: 'Bonus that goes with it',
    cancelFee: 'Refund fee',
    basisUnused: 'Nothing of it was used, so all of it can be refunded within 7 days.',
    basisMostUsed: 'Most of it was used, so what is left can be refunded.',
    basisExpired: 'Money of points that expired can be refunded. The points that you have stay.',
    refundAccount: 'Account for the refund',
    refundAccountHint:
      'This payment is refunded by bank transfer. The money usually comes on the next working day, with some payment companies later.',
    refundBank: 'Bank',
    refundBankChoose: 'Please choose',
    refundBankMissing: 'Please choose the bank.',
    refundNumber: 'Account number',
    refundNumberHint: 'Digits are enough.',
    refundNumberMissing: 'Please enter the account number.',
    refundNumberWrong: 'Please check the account number. It has digits and hyphens only.',
    refundHolder: 'Account holder',
    refundHolderHint: 'The name as the bank has it.',
    refundHolderMissing: 'Please enter the account holder.',
    refundHolderWrong: 'Please check the account holder.',
    refundPhone: 'Mobile number',
    refundPhoneHint: 'The payment company uses it to tell you about the refund.',
    refundPhoneWrong: 'Please check the mobile number.',
    refundAccountWrong: 'Please check the account for the refund.',
    cancelConfirm: 'Cancel the payment',
    cancelConfirmAmount: 'Cancel {amount}',
    cancelWorking: 'Cancelling',
    cancelSending: 'We are asking the gateway to cancel. You may close this; it goes on.',
    cancelAskingAgain: 'There was no answer, so we ask again. It is cancelled only once.',
    cancelGoOn: 'Go on cancelling',
    close: 'Close',
    limitInProgress:
      'Another cancellation of this payment is in progress. You can cancel again when it has ended.',
    limitNothingLeft: 'This payment was cancelled in full already.',
    limitPoints:
      '{left} of this payment is left, but your available points are fewer: up to {refundable} can be cancelled.',
    limitNoPoints:
      '{left} of this payment is left, but you have no available points, so nothing can be cancelled now.',
    cancelDoneTitle: '{amount} cancelled',
    cancelDoneText: 'Depending on how you paid it can take some days until the money is back.',
    cancelDoneToAccount: 'The money usually comes to the account you gave on the next working day.',
    cancelAcceptedTitle: 'Refund of {amount} accepted',
    cancelAcceptedText:
      'The money is expected in your account by about {day}. Until then {points} cannot be used, and we tell you when it is done.',
    factExpected: 'Expected',
    factRefundTo: 'Refunded to',
    cancelPendingTitle: 'The cancellation is in progress',
    cancelPendingText:
      'While we wait for the gateway’s answer {points} cannot be used. You may close this; it goes on, and we tell you how it ended.',
    cancelRefusedTitle: 'The gateway refused the cancellation',
    cancelRefusedText:
      'Reason: {refusal} Your points are unchanged. Please ask us for a refund by bank transfer.',
    cancelDeclinedTitle: 'It was not cancelled',
    cancelUndecidedTitle: 'We do not know yet whether it was cancelled',
    cancelUndecidedText:
      'The server cannot be reached. We ask again as soon as there is a connection; it is cancelled only once.',
    cancelLoginText: 'Your log-in had expired before it was cancelled. You can go on now.',
    cancelNoticeClose: 'Close this notice',

    wrongCredentials: 'The e-mail address or the password is wrong.',
    emailTaken: 'This e-mail address already has an account. Please log in.',
    badInput: 'Please check what you entered.',
    badAmount: 'This amount cannot be bought at the moment. Reload the page and choose again.',
    badName: 'Please check the name. It can have up to 50 characters.',
    badPassword: 'The password needs 8 to 128 characters.',
    badReason: 'Please check the reason. It can have up to 100 characters.',
    busy: 'This is not possible at the moment. Please try again shortly.',
    tooManyRequests: 'Too many requests. Please try again in {seconds} seconds.',
    gatewayUnavailable: 'The payment company cannot be reached at the moment. Please try again shortly.',
    pageOutdated: 'This page is out of date. Please reload it and try again.',
    pointLimit: 'You can hold up to {maxBalance}. You have {point}, so this amount cannot be added.',
    pointLimitWithOrders:
      'You can hold up to {maxBalance}. You have {point}, and your unpaid orders of {openOrders} count as well, so this amount cannot be added. Orders expire after an hour, and those that wait for a transfer when its time is over.',
    tooManyOpenOrders:
      'You have too many unpaid orders. Finish one of them, or try again when they have expired: after an hour, or when the time for the transfer is over.',
    methodNotOffered: 'This payment method cannot be used right now. Please choose another one.',
    methodDayLimit:
      '{method} can be used for {max} a day, of which {left} are left today. Please choose another method, or try again tomorrow.',
    methodMonthLimit:
      '{method} can be used for {max} a month, of which {left} are left this month. Please choose another method.',
    accountNotClosed:
      'The payment company does not close this account early. If you transfer nothing, the order ends by itself on {moment}.',
    noDepositAwaited: 'This order does not wait for a transfer any more.',
    orderNotFound:
      'There is no such order in this account. Please check that you are logged in to the account that ordered.',
    paymentNotFound:
      'There is no such payment in this account. Please check that you are logged in to the account that paid.',
    notPaidReady: 'The payment is not completed yet. If you have finished it, check again in a moment.',
    notPaidFailed:
      'The payment was not approved. Try another card or payment method, or ask your card company.',
    mismatchAmount:
      'The amount that was paid is not the amount of the order. Your money is being given back automatically.',
    mismatchBalanceFull:
      'It would exceed the points that you can hold. Your money is being given back automatically.',
    mismatchChannel: 'This service cannot take this payment. Please tell our support the payment number.',
    mismatchCurrency: 'The payment was not made in won. Your money is being given back automatically.',
    mismatchOrderPaid:
      'This order was paid by another payment already. This one is being given back automatically.',
    cancelAmountExceeded: 'Only {left} of this payment can be cancelled.',
    quoteChanged:
      'Points have changed meanwhile: {amount} would go back now. Please look at it and cancel again.',
    quoteChangedNothing: 'Points have changed meanwhile: nothing can go back now.',
    insufficientPoint: 'Cancelling needs {needed}. You have {available} available.',
    cancelRefusedPlain: 'Your points are unchanged. Please ask us for a refund by bank transfer.',
    cancelTryLater:
      'The refund cannot be paid out right now, for a reason on our side. Your points are unchanged. Please cancel again tomorrow, or ask us.',
    obstacleNever:
      'Payments of this kind cannot be cancelled here. Please ask us for a refund by bank transfer.',
    obstacleDeadline:
      'The gateway’s time for cancelling ended on {moment}. Please ask us for a refund by bank transfer.',
    obstacleAccount: 'This refund needs a bank account. Close this and cancel again: then you can enter one.',
    obstacleClosed: 'The gateway takes no cancellations right now. Please cancel again after {moment}.',
    onlyInFull: 'All that is left of this payment can be cancelled at once, but not a part of it.',
    onlyInFullTooFewPoints:
      'No part of this payment can be cancelled alone, and your available points are too few for all {left}.',
    cancelUntil: 'It can be cancelled until {moment}.',
    cancelUntilAbout: 'It can usually be cancelled until {moment}, depending on the card company or bank.',
    unknownRefusalWithId: 'This could not be done. If it happens again, tell our support this number: {id}',

    noConnection: 'The server cannot be reached. Please check your connection.',
    unexpected: 'Something unexpected happened. Please reload the page and try again.',
  },
};

const FORMATS = {
  ko: formatsFor('ko-KR', (figure) => `${figure}원`),
  en: formatsFor('en-US', (figure) => `₩${figure}`),
};

let language = rememberedLanguage() ?? (navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en');

/** The language of the page, also sent to the server as Accept-Language: `ko` or `en`. */
export function currentLanguage() {
  return language;
}

/** Changes between Korean and English and remembers the choice on this device. */
export function switchLanguage() {
  language = language === 'ko' ? 'en' : 'ko';
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // Storage may be blocked; the choice then holds until the page is left.
  }
}

/** A text of the page; `{name}` in it is replaced by `values.name`. */
export function text(key, values = {}) {
  const found = TEXTS[language][key];
  if (found === undefined) throw new Error(`No text named ${key}`);
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An amount of money in whole won, e.g. `10,000원` or `₩10,000`. */
export function won(amount) {
  return FORMATS[language].won(FORMATS[language].figure.format(amount));
}

/** A number of points, e.g. `10,000P`. */
export function points(count) {
  return `${FORMATS[language].figure.format(count)}P`;
}

/** A change of points with its sign, e.g. `+10,000P`. */
export function pointChange(count) {
  return `${FORMATS[language].change.format(count)}P`;
}

/** A moment (ISO text of the API) as the reader's local date and time. */
export function moment(iso) {
  return FORMATS[language].moment.format(new Date(iso));
}

/** A day as the server names it, such as `2026-12-31`, in the same form wherever the device is. */
export function dayOfYear(text) {
  const [year, month, date] = text.split('-').map(Number);
  return FORMATS[language].day.format(new Date(year, month - 1, date));
}

/** A whole number of days, e.g. `3일` or `3 days`. */
export function days(count) {
  return FORMATS[language].days.format(count);
}

/** A day of the next weeks (ISO text of the API) as the reader has it, e.g. `12월 4일` or `December 4`. */
export function day(iso) {
  return FORMATS[language].day.format(new Date(iso));
}

/** How long something still lasts, in its two largest units. */
export function timeLeft(durationMs) {
  const minutes = Math.max(1, Math.floor(durationMs / 60_000));
  const [dayCount, hourCount, minuteCount] = [
    Math.floor(minutes / 1440),
    Math.floor(minutes / 60) % 24,
    minutes % 60,
  ];
  const { days: d, hours: h, minutes: m } = FORMATS[language];
  const parts = [];
  if (dayCount > 0) parts.push(d.format(dayCount));
  if (hourCount > 0) parts.push(h.format(hourCount));
  if (dayCount === 0 && minuteCount > 0) parts.push(m.format(minuteCount));
  return text('timeLeft', { time: parts.join(' ') });
}

function formatsFor(locale, wonFormat) {
  const unit = (name) => new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long' });
  return {
    days: unit('day'),
    hours: unit('hour'),
    minutes: unit('minute'),
    day: new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric' }),
    won: wonFormat,
    figure: new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }),
    change: new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: 'exceptZero' }),
    moment: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
  };
}

function rememberedLanguage() {
  try {
    const remembered = localStorage.getItem(LANGUAGE_KEY);
    return remembered === 'ko' || remembered === 'en' ? remembered : null;
  } catch {
    // Storage may be blocked: then the browser's own language decides.
    return null;
  }
}
